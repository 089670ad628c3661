import { constants } from 'node:fs';
import {
  access,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  symlink,
  utimes,
} from 'node:fs/promises';
import { type BatchFound, type BatchNames, readBatch } from './batch-reader.ts';

/** The file operations that the agent uses, and no more: so that a test can fail the n-th of them. */
export interface FileSystem {
  /** Names in a folder; empty when there is no such folder. */
  list(folder: string): Promise<string[]>;
  makeFolder(folder: string): Promise<void>;
  /** Makes a folder inside one that must be there; content when it exists. */
  makeSubfolder(folder: string): Promise<void>;
  /** Opens an existing file to read. */
  open(path: string): Promise<OpenFile>;
  /** Makes a new file to write and read; fails when there is one. A private one is for its owner alone. */
  create(path: string, options?: { readonly isPrivate: boolean }): Promise<OpenFile>;
  rename(source: string, target: string): Promise<void>;
  /** Removes a file; content when there is none. */
  remove(path: string): Promise<void>;
  /** Undefined when there is nothing at `path`. */
  stat(path: string): Promise<FileStatus | undefined>;
  /** Makes the names in a folder survive a power cut. */
  syncFolder(folder: string): Promise<void>;
  /** Undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** The texts of many small files of a folder, and the sizes of others, all at once. */
  readBatch(folder: string, names: BatchNames): Promise<BatchFound>;
  isWritable(path: string): Promise<boolean>;
  /** Makes a symbolic link at `path`; fails when there is something. */
  link(target: string, path: string): Promise<void>;
  /** What a symbolic link points at; undefined when there is none at `path`. */
  readLink(path: string): Promise<string | undefined>;
  /** Sets when a file was last changed, in seconds since 1970. */
  setModifiedAt(path: string, atSeconds: number): Promise<void>;
  /** Removes a folder with nothing in it; leaves any other as it is. */
  removeEmptyFolder(folder: string): Promise<void>;
  freeBytes(folder: string): Promise<number>;
}

export interface FileStatus {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
  /** The filesystem that it is on: another number than its parent's for the root of a mounted one. */
  readonly device: number;
}

export interface OpenFile {
  /** Reads into `buffer` from `position`; returns how many bytes came, 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Writes all of `chunk` at `position`. */
  write(chunk: Uint8Array, position: number): Promise<void>;
  sizeBytes(): Promise<number>;
  /** Makes the content survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A link at an object's place is never followed. Source: research "appliance", section 4.2. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW;
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export const nodeFileSystem: FileSystem = {
  list: (folder) => readdir(folder).catch(orWhenAbsent<string[]>([])),
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true });
  },
  makeSubfolder: (folder) => mkdir(folder).catch(orWhen(['EEXIST'], undefined)),
  open: (path) => openFile(path, READ),
  create: (path, options) => openFile(path, CREATE, options?.isPrivate ? 0o600 : 0o640),
  rename,
  remove: (path) => rm(path, { force: true }),
  async stat(path) {
    const found = await stat(path).catch(orWhenAbsent(undefined));
    if (!found) return undefined;
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
    return { kind, sizeBytes: found.size, mode: found.mode & 0o777, device: found.dev };
  },
  async syncFolder(folder) {
    const handle = await open(folder, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  },
  readText: (path) => readFile(path, 'utf8').catch(orWhenAbsent(undefined)),
  readBatch,
  isWritable: (path) =>
    access(path, constants.W_OK | constants.R_OK).then(
      () => true,
      () => false,
    ),
  link: (target, path) => symlink(target, path),
  readLink: (path) => readlink(path).catch(orWhen(['ENOENT', 'ENOTDIR', 'EINVAL'], undefined)),
  setModifiedAt: (path, atSeconds) => utimes(path, atSeconds, atSeconds),
  removeEmptyFolder: (folder) =>
    rmdir(folder).catch(orWhen(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'], undefined)),
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

/** Writes a small text so that a reader finds the old one or the new one, whole. */
export async function replaceText(
  files: FileSystem,
  path: string,
  text: string,
  options = { isPrivate: false },
): Promise<void> {
  const unfinished = `${path}.new`;
  await files.remove(unfinished);
  const file = await files.create(unfinished, options);
  try {
    await file.write(new TextEncoder().encode(text), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(unfinished, path);
}

async function openFile(path: string, flags: number, mode?: number): Promise<OpenFile> {
  const handle = await open(path, flags, mode);
  return {
    async read(buffer, position) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      return bytesRead;
    },
    async write(chunk, position) {
      let written = 0;
      while (written < chunk.length) {
        const rest = chunk.length - written;
        const { bytesWritten } = await handle.write(chunk, written, rest, position + written);
        written += bytesWritten;
      }
    },
    sizeBytes: async () => (await handle.stat()).size,
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

const orWhen =
  <T>(errnos: readonly string[], instead: T) =>
  (error: unknown): T => {
    if (errnos.includes(errnoOf(error) ?? '')) return instead;
    throw error;
  };
const orWhenAbsent = <T>(absent: T) => orWhen(['ENOENT'], absent);

/** The system's name of a failure, e.g. `EIO`; undefined for what is not the system's. */
export function errnoOf(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  return typeof code === 'string' && syscall !== undefined ? code : undefined;
}
