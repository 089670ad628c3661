import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The text of a secret's file; made by `make`, and readable by its owner alone, where there is none yet. */
export function keepSecret(file: string, make: () => string): { text: string; isNew: boolean } {
  try {
    return { text: readFileSync(file, 'utf8').trim(), isNew: false };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
  const text = make();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' });
  return { text, isNew: true };
}
