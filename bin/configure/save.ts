import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SecretFiles } from './secret-files.ts';

/** Where a configuration of this name and its secrets lie. */
export interface Places {
  readonly folder: string;
  readonly configFile: string;
  readonly secretsFolder: string;
}

export const placesOf = (folder: string, name: string): Places => ({
  folder,
  configFile: join(folder, `${name}.yaml`),
  secretsFolder: join(folder, `${name}.secrets`),
});

/** The secrets that are there already; none when there is no folder. */
export function existingSecrets({ secretsFolder }: Places): SecretFiles {
  if (!existsSync(secretsFolder)) return {};
  const entries = readdirSync(secretsFolder, { withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(secretsFolder, name), 'utf8')]),
  );
}

/**
 * Writes the secrets, then the configuration. A new folder of secrets appears as a whole, any other file by a move from
 * aside: nothing is ever half there, and a secret that did not change is not touched. The folder is open to its owner
 * alone (0700), and so are its files (0600). A signal is taken when all is in place.
 */
export function save(
  places: Places,
  { config, secrets }: { readonly config: string; readonly secrets: SecretFiles },
): void {
  mkdirSync(places.folder, { recursive: true });
  const deferred = () => {};
  process.on('SIGINT', deferred).on('SIGTERM', deferred);
  try {
    saveSecrets(places, secrets);
    put(places.configFile, config, 0o644);
  } finally {
    process.off('SIGINT', deferred).off('SIGTERM', deferred);
  }
}

function saveSecrets(places: Places, secrets: SecretFiles): void {
  const { secretsFolder } = places;
  if (existsSync(secretsFolder)) {
    const existing = existingSecrets(places);
    for (const [name, content] of Object.entries(secrets)) {
      if (existing[name] !== content) put(join(secretsFolder, name), content, 0o600);
    }
    return;
  }
  const aside = `${secretsFolder}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: 0o700 });
  for (const [name, content] of Object.entries(secrets)) put(join(aside, name), content, 0o600);
  renameSync(aside, secretsFolder);
}

function put(file: string, content: string, mode: number): void {
  const aside = `${file}.new`;
  try {
    rmSync(aside, { force: true });
    writeFileSync(aside, content, { mode, flag: 'wx', flush: true });
    renameSync(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
}
