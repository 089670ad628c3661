import { errnoOf, type FileSystem, type OpenFile } from '../platform/file-system.ts';
import type { OperationKind } from './disk-gate.ts';
import { readApart } from './read-buffers.ts';

/** Runs one operation of a disk; what comes after nobody waits for it any more goes to `discard`. */
export type Perform = <T>(
  operation: DiskOperation,
  operate: () => Promise<T>,
  discard?: (late: T) => void,
) => Promise<T>;

export interface DiskOperation {
  readonly kind: OperationKind;
  /** The file or folder that it is about. */
  readonly path: string;
}

/** The files of one disk: every operation but `close` is left to `perform`. */
export function gatedFiles(files: FileSystem, perform: Perform): FileSystem {
  const looking = <T>(path: string, operate: () => Promise<T>) =>
    perform({ kind: 'look', path }, operate);
  const writing = <T>(path: string, operate: () => Promise<T>) =>
    perform({ kind: 'write', path }, operate);
  const opening = async (operation: DiskOperation, open: () => Promise<OpenFile>) =>
    gatedFile(await perform(operation, open, closeQuietly), operation.path, perform);
  return {
    list: (folder) => looking(folder, () => files.list(folder)),
    makeFolder: (folder) => writing(folder, () => files.makeFolder(folder)),
    makeSubfolder: (folder) => writing(folder, () => files.makeSubfolder(folder)),
    open: (path) => opening({ kind: 'look', path }, () => files.open(path)),
    create: (path, options) => opening({ kind: 'write', path }, () => files.create(path, options)),
    rename: (source, target) => writing(source, () => files.rename(source, target)),
    remove: (path) => writing(path, () => files.remove(path)),
    stat: (path) => looking(path, () => files.stat(path)),
    syncFolder: (path) => perform({ kind: 'sync', path }, () => files.syncFolder(path)),
    readText: (path) => looking(path, () => files.readText(path)),
    readBatch: (path, names) =>
      perform({ kind: 'batch', path }, () => files.readBatch(path, names)),
    isWritable: (path) => looking(path, () => files.isWritable(path)),
    link: (target, path) => writing(path, () => files.link(target, path)),
    readLink: (path) => looking(path, () => files.readLink(path)),
    setModifiedAt: (path, atSeconds) => writing(path, () => files.setModifiedAt(path, atSeconds)),
    removeEmptyFolder: (folder) => writing(folder, () => files.removeEmptyFolder(folder)),
    freeBytes: (folder) => looking(folder, () => files.freeBytes(folder)),
  };
}

function gatedFile(file: OpenFile, path: string, perform: Perform): OpenFile {
  /** Operations that have not come back, also those that nobody waits for any more. */
  let running = 0;
  const gated = <T>(kind: OperationKind, operate: () => Promise<T>): Promise<T> =>
    perform({ kind, path }, async () => {
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
