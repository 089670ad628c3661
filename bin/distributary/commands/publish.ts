import { S3Client } from '@aws-sdk/client-s3';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { isTitleId, type TitleId } from '#domain/ids.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import { bucketName } from '../../../lib/names.ts';
import { readMediaFolder } from '../publish/media-folder.ts';
import { type PublishProgress, publishTitle } from '../publish/publish-title.ts';
import { sessionOf } from '../session.ts';

interface PublishCommandOptions {
  readonly title: TitleId;
  readonly media: string;
  readonly name?: string;
  readonly config: string;
}

export function addPublishCommand(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('publish')
    .description(
      'upload an encoded title (DASH, HLS or both) and make it known to the control plane',
    )
    .requiredOption('--title <id>', 'title id: 1 to 63 of a-z, 0-9 and -', parseTitleId)
    .requiredOption('--media <folder>', 'holds the MPD, the HLS playlists and the media')
    .option('--name <text>', 'what people call it (default: from title.json, else the id)')
    .option('--config <file>', 'the configuration, which names the bucket', 'config/example.yaml')
    .addHelpText('after', HELP)
    .action((options: PublishCommandOptions, command: Command) => publish(options, command, env));
}

const HELP = `
AWS credentials, region and endpoints come from the environment, as for all AWS programs. Against \`npm start\`:
  AWS_ENDPOINT_URL_S3=http://127.0.0.31:8080 AWS_ACCESS_KEY_ID=distributary AWS_SECRET_ACCESS_KEY=on-this-machine`;

async function publish(
  options: PublishCommandOptions,
  command: Command,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const session = sessionOf(command);
  const config = loadConfig(options.config);
  const media = readMediaFolder(options.media);
  if (media.leftOut.length > 0)
    console.error(`left out, since no manifest leads there: ${media.leftOut.join(', ')}`);
  const hasOwnEndpoint = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
  const client = new S3Client({ region: config.regions.control, forcePathStyle: hasOwnEndpoint });
  const { name = options.title, credit } = media.description;
  const catalog = await publishTitle(
    {
      titleId: options.title,
      name: options.name ?? name,
      ...(credit === undefined ? {} : { credit }),
      media,
    },
    {
      client,
      bucket: bucketName(config, 'content', config.regions.control),
      now: Date.now(),
      onProgress: (progress) => console.error(describe(progress)),
    },
  );
  const sizeBytes = catalog.assets.reduce((sum, asset) => sum + asset.sizeBytes, 0);
  session.print(catalog, [
    `published ${catalog.titleId}: ${catalog.assets.length} files, ${(sizeBytes / 1e6).toFixed(1)} MB, ${catalog.tracks.length} tracks`,
  ]);
}

const describe = ({ file, outcome, filesDone, filesTotal, bytesDone }: PublishProgress): string =>
  `${filesDone}/${filesTotal} ${outcome.padEnd(9)} ${file} (${(bytesDone / 1e6).toFixed(1)} MB)`;

function parseTitleId(text: string): TitleId {
  if (!isTitleId(text)) throw new InvalidArgumentError('Expected 1 to 63 of a-z, 0-9 and -.');
  return text;
}
