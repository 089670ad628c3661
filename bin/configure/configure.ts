import { existsSync } from 'node:fs';
import { type EpochMs, epochMs } from '#domain/units.ts';
import { publicHalves } from '#protocol/key-document.ts';
import type { ConfigFault } from '../../lib/config/faults.ts';
import { parseConfig } from '../../lib/config/load-config.ts';
import type { Config } from '../../lib/config/schema.ts';
import type { Answers } from './answers.ts';
import { configText } from './config-text.ts';
import { existingSecrets, type Places, save } from './save.ts';
import { authorityIn, type SecretFiles, secretFiles, sessionTokenKeysIn } from './secret-files.ts';

export interface Prepared {
  readonly config: Config;
  readonly text: string;
  readonly secrets: SecretFiles;
}

/**
 * Everything that will be written, made and checked in memory.
 * @throws CdnError `config-invalid` with every fault that the answers make together, e.g. a domain outside its zone.
 */
export async function prepare(options: {
  readonly example: string;
  readonly answers: Answers;
  readonly places: Places;
  readonly now: EpochMs;
}): Promise<Prepared> {
  const { example, answers, places, now } = options;
  const { certificateDays } = parseConfig(example, 'config/example.yaml').clients;
  const secrets = await secretFiles({
    prefix: answers.prefix,
    operator: answers.operator,
    certificateDays,
    now,
    existing: existingSecrets(places),
  });
  const text = configText({
    example,
    answers,
    keys: {
      sessionTokenKeys: publicHalves(sessionTokenKeysIn(secrets['session-token-keys.json'] ?? '')),
      clientAuthority: authorityIn(secrets['client-authority.json'] ?? '').certificate,
    },
  });
  return { config: parseConfig(text, places.configFile), text, secrets };
}

export const commit = (places: Places, { text, secrets }: Prepared): void =>
  save(places, { config: text, secrets });

export const isTaken = ({ configFile }: Places): boolean => existsSync(configFile);

export const faultLines = (faults: readonly ConfigFault[]): string[] =>
  faults.map(({ path, expected, found }) => `  ${path}: expected ${expected}; found ${found}`);

export const now = (): EpochMs => epochMs(Date.now());
