import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CdnError } from '#domain/errors.ts';

/** The folder in which all state of a run lies. */
export interface DataFolder {
  readonly path: string;
  /** Whether the user named it: then it stays. */
  readonly isKept: boolean;
  /** Removes it unless it is kept. */
  remove(): void;
}

/** Opens the folder that the user named, or a new one that goes with the run. @throws CdnError `folder-unwritable` */
export function openDataFolder(named: string | undefined): DataFolder {
  const path = named === undefined ? newFolder() : resolve(named);
  try {
    makeFolder(path);
    const probe = join(path, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  const isKept = named !== undefined;
  return {
    path,
    isKept,
    remove: () => {
      if (!isKept) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/**
 * Makes a folder and those above it, one by one: Node 24's own recursive mkdir never returns where a filesystem answers
 * ENOENT inside a folder that exists, as /proc does.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function newFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'distributary-'));
  } catch (cause) {
    throw unwritable(tmpdir(), cause);
  }
}

function unwritable(path: string, cause: unknown): CdnError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new CdnError(
    'folder-unwritable',
    `the data folder ${path} cannot be written (${reason}); choose another one: npm start -- --data FOLDER`,
    { cause },
  );
}
