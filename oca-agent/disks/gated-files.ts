import { errnoOf, type FileSystem, type OpenFile } from '../platform/file-system.ts';
import type { OperationKind } from './disk-gate.ts';
import { readApart } from './read-buffers.ts';

/** Runs one operation of a disk; what comes after nobody waits for it any more goes to `discard`. */
export type Perform = <T>(
  kind: OperationKind,
  operate: () => Promise<T>,
  discard?: (late: T) => void,
) => Promise<T>;

/** The files of one disk: every operation but `close` is left to `perform`. */
export function gatedFiles(files: FileSystem, perform: Perform): FileSystem {
  const looking = <T>(operate: () => Promise<T>) => perform('look', operate);
  const writing = <T>(operate: () => Promise<T>) => perform('write', operate);
  const opening = async (kind: OperationKind, open: () => Promise<OpenFile>) =>
    gatedFile(await perform(kind, open, closeQuietly), perform);
  return {
    list: (folder) => looking(() => files.list(folder)),
    makeFolder: (folder) => writing(() => files.makeFolder(folder)),
    makeSubfolder: (folder) => writing(() => files.makeSubfolder(folder)),
    open: (path) => opening('look', () => files.open(path)),
    create: (path, options) => opening('write', () => files.create(path, options)),
    rename: (source, target) => writing(() => files.rename(source, target)),
    remove: (path) => writing(() => files.remove(path)),
    stat: (path) => looking(() => files.stat(path)),
    syncFolder: (folder) => perform('sync', () => files.syncFolder(folder)),
    readText: (path) => perform('read', () => files.readText(path)),
    readTexts: (folder, names) => perform('batch', () => files.readTexts(folder, names)),
    sizesOf: (folder, names) => perform('batch', () => files.sizesOf(folder, names)),
    isWritable: (path) => looking(() => files.isWritable(path)),
    link: (target, path) => writing(() => files.link(target, path)),
    readLink: (path) => looking(() => files.readLink(path)),
    removeEmptyFolder: (folder) => writing(() => files.removeEmptyFolder(folder)),
    freeBytes: (folder) => looking(() => files.freeBytes(folder)),
  };
}

function gatedFile(file: OpenFile, perform: Perform): OpenFile {
  /** Operations that have not come back, also those that nobody waits for any more. */
  let running = 0;
  const gated = <T>(kind: OperationKind, operate: () => Promise<T>): Promise<T> =>
    perform(kind, async () => {
      running += 1;
      try {
        return await operate();
      } finally {
        running -= 1;
      }
    });
  return {
    async read(buffer, position) {
      const take = await gated('read', () =>
        readApart(buffer, (apart) => readTwice(() => file.read(apart, position))),
      );
      return take();
    },
    write: (chunk, position) => gated('write', () => file.write(chunk, position)),
    sizeBytes: () => gated('look', () => file.sizeBytes()),
    sync: () => gated('sync', () => file.sync()),
    // Never refused: a descriptor must not be lost. The system closes a file when all that runs on it has come back; where
    // the disk hangs nobody waits for that.
    async close() {
      if (running === 0) await file.close();
      else closeQuietly(file);
    },
  };
}

/** A read that the medium refuses is tried once more. Source: research "appliance", section 3.3. */
const readTwice = (read: () => Promise<number>): Promise<number> =>
  read().catch((error) => {
    if (errnoOf(error) === 'EIO') return read();
    throw error;
  });

const closeQuietly = (file: OpenFile): void => {
  file.close().catch(() => undefined);
};
