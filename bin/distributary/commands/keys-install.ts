import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Command } from 'commander';
import { loadConfig } from '../../../lib/config/load-config.ts';
import { installSecrets } from '../keys/install-secrets.ts';
import { sessionOf, table } from '../session.ts';

interface KeysInstallOptions {
  readonly config: string;
  readonly secrets: string;
  readonly replace: boolean;
}

/** Under `keys`. Works in the account of the AWS credentials in the environment. */
export function addKeysInstallCommand(keys: Command): void {
  keys
    .command('install')
    .description("put the values of a private folder into the deployment's Secrets Manager")
    .requiredOption('--config <file>', 'the configuration')
    .requiredOption('--secrets <folder>', 'what npm run configure made beside it')
    .option('--replace', 'put them in the place of others that are in use', false)
    .action(install);
}

async function install(options: KeysInstallOptions, command: Command): Promise<void> {
  const config = loadConfig(options.config);
  const client = new SecretsManagerClient({ region: config.regions.control });
  try {
    const results = await installSecrets({ ...options, client, config });
    sessionOf(command).print(
      results,
      table(results.map(({ secret, outcome }) => [secret, outcome])),
    );
  } finally {
    client.destroy();
  }
}
