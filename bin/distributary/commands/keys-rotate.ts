import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Argument, type Command, Option } from 'commander';
import { epochMs } from '#domain/units.ts';
import { parseConfig } from '../../../lib/config/load-config.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { secretName } from '../../../lib/names.ts';
import { type KeptSecret, secretInFile, secretInSecretsManager } from '../keys/kept-secret.ts';
import { withPublicKeys } from '../keys/public-keys-text.ts';
import { rotateSessionKeys } from '../keys/rotate-session-keys.ts';
import { sessionOf } from '../session.ts';

interface KeysRotateOptions {
  readonly config: string;
  readonly secretFile?: string;
  readonly secretId?: string;
}

/** Under `keys`. Keys of fill plans rotate by themselves: see lambda/key-rotation. */
export function addKeysRotateCommand(keys: Command): void {
  keys
    .command('rotate')
    .description(
      'sign session tokens with the next key, and bring a new next one into the configuration',
    )
    .addArgument(new Argument('<secret>', 'the keys to rotate').choices(['session-token-keys']))
    .requiredOption(
      '--config <file>',
      'the configuration that is deployed; the new key is added to it',
    )
    .addOption(
      new Option(
        '--secret-id <name>',
        'the secret in Secrets Manager (default: that of the configuration)',
      ).conflicts('secretFile'),
    )
    .option('--secret-file <file>', 'rotate a secret document in a file instead')
    .addHelpText('after', ROTATE_HELP)
    .action(rotate);
}

const ROTATE_HELP = `
Deploy after each rotation: the new key must be at CloudFront's edge before the next rotation lets it sign.`;

async function rotate(
  _secret: string,
  options: KeysRotateOptions,
  command: Command,
): Promise<void> {
  const configText = readFileSync(options.config, 'utf8');
  const config = parseConfig(configText, options.config);
  const client = new SecretsManagerClient({ region: config.regions.control });
  try {
    const secret = secretOf(client, config, options);
    const outcome = await rotateBoth(secret, { config, configText, configFile: options.config });
    const { isPromoted, publicKeys } = outcome;
    const [signing, next] = publicKeys.map(({ kid }) => kid);
    sessionOf(command).print({ secret: secret.name, isPromoted, signing, next }, [
      `${isPromoted ? 'signs now  ' : 'still signs'} ${signing}`,
      `comes next  ${next}, new in ${options.config}`,
      'Deploy that configuration, so that the edge knows the next key:',
      `  npm run deploy -- -c config=${options.config}`,
    ]);
  } finally {
    client.destroy();
  }
}

const secretOf = (
  client: SecretsManagerClient,
  config: Config,
  { secretFile, secretId = secretName(config, 'session-token-keys') }: KeysRotateOptions,
): KeptSecret =>
  secretFile === undefined ? secretInSecretsManager(client, secretId) : secretInFile(secretFile);

/** The file is ready before the secret changes, so that what can fail fails while nothing is changed. */
async function rotateBoth(
  secret: KeptSecret,
  { config, configText, configFile }: { config: Config; configText: string; configFile: string },
) {
  const rotated = await rotateSessionKeys(await secret.read(), {
    config,
    now: epochMs(Date.now()),
  });
  const newText = config.tokens.publicKeys
    ? withPublicKeys(configText, rotated.publicKeys)
    : configText;
  parseConfig(newText, configFile);
  const aside = `${configFile}.${process.pid}.new`;
  writeFileSync(aside, newText, { flag: 'wx' });
  try {
    await secret.write(rotated.document);
    renameSync(aside, configFile);
  } finally {
    rmSync(aside, { force: true });
  }
  return rotated;
}
