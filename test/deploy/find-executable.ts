import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A program by its path, or by its name on PATH.
 * @throws Error that says how to get it: a proof that is skipped proves nothing
 */
export function findExecutable(name: string, path: string | undefined): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = path === undefined ? folders.map((folder) => join(folder, name)) : [path];
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    `${name} is needed and was not found ${path === undefined ? 'on PATH' : `at ${path}`}. Install it with ` +
      `\`python3 -m venv .venv && .venv/bin/pip install ministack==1.5.33 cfn-lint==1.58.0 cryptography==50.0.2\` and put .venv/bin on PATH, ` +
      `or name it in ${name.toUpperCase().replaceAll('-', '_')}.`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
