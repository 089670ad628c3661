import { writeSync } from 'node:fs';
import type { FileSystem, OpenFile } from '../../../oca-agent/platform/file-system.ts';
import { nodeFileSystem } from '../../../oca-agent/platform/file-system.ts';

/** What the test wants of this process. */
export const taskOf = <T>(): T => JSON.parse(process.argv[2] ?? '') as T;

/** Says what has happened: in the pipe when this returns, whatever happens to the process then. */
export const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

/** A file system that promises durability and does nothing for it. */
export const forgetfulFiles: FileSystem = {
  ...nodeFileSystem,
  async create(path, options) {
    return withoutSync(await nodeFileSystem.create(path, options));
  },
  syncFolder: async () => undefined,
};

const withoutSync = (file: OpenFile): OpenFile => ({ ...file, sync: async () => undefined });
