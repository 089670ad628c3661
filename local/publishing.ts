import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { isTitleId, type TitleId } from '#domain/ids.ts';
import {
  findTitleFolders,
  type MediaFolder,
  readMediaFolder,
} from '../bin/distributary/publish/media-folder.ts';
import { type Publication, publishTitle } from '../bin/distributary/publish/publish-title.ts';
import type { Config } from '../lib/config/schema.ts';
import { bucketName } from '../lib/names.ts';
import { type AddressPlan, urlOf } from './address-plan.ts';
import { localAws } from './aws-environment.ts';

/** The titles that come with this repository. */
const SHIPPED_MEDIA = join(import.meta.dirname, 'media');

/**
 * Reads the titles in the user's folder, or the shipped ones, all of them before anything is started.
 * @throws CdnError `media-without-manifest`, `media-invalid`
 */
export function readTitles(folder: string | undefined): Publication[] {
  return findTitleFolders(folder ?? SHIPPED_MEDIA).map(publicationOf);
}

function publicationOf(folder: string): Publication {
  const media = readMediaFolder(folder);
  const { titleId, name, credit } = media.description;
  const folderName = basename(folder);
  return {
    titleId: (titleId ?? titleIdFrom(folderName)) as TitleId,
    name: name ?? folderName,
    ...(credit === undefined ? {} : { credit }),
    media,
  };
}

/** A title id out of a folder's name: `My Clip (2)` becomes `my-clip-2`. */
function titleIdFrom(folderName: string): string {
  const words = folderName.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const id = words.join('-').slice(0, 63).replace(/-$/, '');
  return isTitleId(id) ? id : 'title';
}

/** Bytes of all files that will be published. */
export const mediaBytes = (titles: readonly Publication[]): number =>
  titles
    .flatMap(({ media }) => media.files.map((file) => fileBytes(media, file)))
    .reduce((sum, size) => sum + size, 0);

const fileBytes = (media: MediaFolder, file: string): number =>
  statSync(join(media.folder, file)).size;

/** Publishes to the primary content bucket, by the same code as `npx distributary publish`. */
export async function publishTitles(
  titles: readonly Publication[],
  { config, plan, now }: { config: Config; plan: AddressPlan; now: () => number },
): Promise<void> {
  // The primary origin stands in the control region: the configuration demands it.
  const region = config.regions.control;
  const { credentials } = localAws(plan, region);
  const client = new S3Client({
    endpoint: urlOf(plan.origin),
    region,
    credentials,
    forcePathStyle: true,
  });
  try {
    const bucket = bucketName(config, 'content', region);
    for (const title of titles) await publishTitle(title, { client, bucket, now: now() });
  } finally {
    client.destroy();
  }
}
