import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The text of a secret's file; made by `make`, and readable by its owner alone, where there is none yet. */
export function keepSecret(file: string, make: () => string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
  const text = make();
  writeSecret(file, text);
  return text;
}

/** Writes, or replaces at once, a file that its owner alone may read. */
export function writeSecret(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.new`;
  writeFileSync(aside, `${text.trimEnd()}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(aside, file);
}
