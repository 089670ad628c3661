import type { ChildProcess } from 'node:child_process';
import { mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../oca-agent/fixtures/until.ts';
import { killed, run, start, succeeds } from './commands.ts';

export type FilesystemKind = 'xfs' | 'ext4';

export interface FaultDiskOptions {
  /** A folder of its own, for the image, the sockets and the switches. */
  readonly folder: string;
  /** Where its filesystem is seen; by default `mount` in its folder. */
  readonly mountPoint?: string;
  readonly kind?: FilesystemKind;
  readonly sizeBytes?: number;
  /** The device has a write-back cache that a power cut empties. */
  readonly isVolatile?: boolean;
}

/** The least that mkfs.xfs takes is 300 MB. */
const SIZE_BYTES = 320 * 2 ** 20;
/** nbdkit has no word for "no limit": more than any machine reaches, in bits a second. */
const UNLIMITED = '400G';

/**
 * A disk that fails when it is told to, without device-mapper:
 *
 *     filesystem -> loop device -> FUSE file (nbdfuse) -> nbdkit: error, rate, cache -> sparse file
 */
export class FaultDisk {
  readonly mountPoint: string;
  readonly #folder: string;
  readonly #kind: FilesystemKind;
  readonly #sizeBytes: number;
  readonly #isVolatile: boolean;
  #generation = 0;
  #device: string | undefined;
  #server: ChildProcess | undefined;
  #fuse: ChildProcess | undefined;
  #isMounted = false;

  private constructor(options: FaultDiskOptions) {
    this.#folder = options.folder;
    this.mountPoint = options.mountPoint ?? join(options.folder, 'mount');
    this.#kind = options.kind ?? 'xfs';
    this.#sizeBytes = options.sizeBytes ?? SIZE_BYTES;
    this.#isVolatile = options.isVolatile ?? false;
  }

  /** Makes the disk, formats it and mounts it. */
  static async up(options: FaultDiskOptions): Promise<FaultDisk> {
    const disk = new FaultDisk(options);
    await mkdir(disk.#fuseFolder, { recursive: true });
    await mkdir(disk.mountPoint, { recursive: true });
    await disk.#format();
    await disk.#attach();
    return disk;
  }

  /** Reads of what no cache holds give EIO. See {@link forget}. */
  failReads(isOn: boolean): Promise<void> {
    return this.#switch('fail-reads', isOn);
  }

  failWrites(isOn: boolean): Promise<void> {
    return this.#switch('fail-writes', isOn);
  }

  /** Everything on the device takes as long as it takes at this speed. */
  async limit(bitsPerSecond: number | undefined): Promise<void> {
    const rate = bitsPerSecond === undefined ? UNLIMITED : String(bitsPerSecond);
    await writeFile(join(this.#folder, 'rate'), `${rate}\n`);
  }

  /** The device answers nothing any more, or answers again. */
  hang(isOn: boolean): void {
    this.#server?.kill(isOn ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Drops what the kernel holds of these files in memory, so that they are read from the device. */
  async forget(paths: readonly string[]): Promise<void> {
    for (let from = 0; from < paths.length; from += FILES_A_COMMAND) {
      const some = paths.slice(from, from + FILES_A_COMMAND);
      const commands = some.flatMap((path) => ['-c', `open -r ${path}`, '-c', 'fadvise -d 0 0']);
      await run('xfs_io', '-r', ...commands);
    }
  }

  /** Everything that was not flushed is lost. Whoever has files open here must be killed then, before {@link powerOn}. */
  async powerCut(): Promise<void> {
    if (this.#server) await killed(this.#server);
    this.#server = undefined;
  }

  /** The machine starts again: what the device still has, mounted. */
  async powerOn(): Promise<void> {
    await this.#detach();
    await this.#attach();
  }

  /** The cable is pulled: whoever has files open keeps them, everybody else finds the empty folder beneath. */
  async pull(): Promise<void> {
    await run('umount', '--lazy', this.mountPoint);
    this.#isMounted = false;
  }

  /** The same disk comes back. */
  async putBack(): Promise<void> {
    await run('mount', '-t', this.#kind, this.#device ?? '', this.mountPoint);
    this.#isMounted = true;
  }

  /** Another disk, empty, in the place of this one. */
  async replaceByBlank(): Promise<void> {
    await this.#detach();
    await this.#format();
    await this.#attach();
  }

  /** Takes what is free, but for `restBytes`. */
  async fillUp(restBytes: number): Promise<void> {
    const free = await run('stat', '--file-system', '--format', '%a %S', this.mountPoint);
    const [blocks = 0, blockBytes = 0] = free.split(' ').map(Number);
    const takenBytes = blocks * blockBytes - restBytes;
    if (takenBytes > 0) await run('fallocate', '-l', String(takenBytes), this.#ballast);
  }

  freeUp(): Promise<void> {
    return rm(this.#ballast, { force: true });
  }

  async remount(mode: 'ro' | 'rw'): Promise<void> {
    await run('mount', '-o', `remount,${mode}`, this.mountPoint);
  }

  /** Takes everything apart, in whatever state it is. */
  async down(): Promise<void> {
    this.hang(false);
    await this.limit(undefined);
    await this.#detach();
  }

  async #format(): Promise<void> {
    this.#generation += 1;
    await writeFile(this.#image, '');
    await truncate(this.#image, this.#sizeBytes);
    if (this.#kind === 'xfs') await run('mkfs.xfs', '-q', this.#image);
    else await run('mkfs.ext4', '-q', '-e', 'remount-ro', this.#image);
  }

  async #attach(): Promise<void> {
    const socket = join(this.#folder, `socket-${this.#generation}`);
    const file = join(this.#fuseFolder, 'nbd');
    await rm(socket, { force: true });
    const log = join(this.#folder, 'log');
    const filters = [
      ...['--foreground', '--unix', socket, '--filter=error', '--filter=rate'],
      ...(this.#isVolatile ? ['--filter=cache'] : []),
      ...['file', this.#image, 'error=EIO', `rate-file=${join(this.#folder, 'rate')}`],
      ...['error-pread-rate=100%', `error-pread-file=${join(this.#folder, 'fail-reads')}`],
      ...['error-pwrite-rate=100%', `error-pwrite-file=${join(this.#folder, 'fail-writes')}`],
      ...['error-zero-rate=100%', `error-zero-file=${join(this.#folder, 'fail-writes')}`],
      ...['error-trim-rate=100%', `error-trim-file=${join(this.#folder, 'fail-writes')}`],
      ...(this.#isVolatile ? ['cache=writeback'] : []),
    ];
    this.#server = start('nbdkit', filters, log);
    await until(() => exists(socket), 'nbdkit');
    this.#fuse = start('nbdfuse', [this.#fuseFolder, '--unix', socket], log);
    await until(() => exists(file), 'nbdfuse');
    this.#device = await run('losetup', '--find', '--show', '--direct-io=on', file);
    await this.putBack();
  }

  async #detach(): Promise<void> {
    if (this.#isMounted && !(await succeeds('umount', this.mountPoint)))
      await succeeds('umount', '--lazy', this.mountPoint);
    this.#isMounted = false;
    const device = this.#device;
    if (device !== undefined) {
      await succeeds('losetup', '--detach', device);
      await until(async () => !(await succeeds('losetup', device)), `${device} to be free`);
    }
    this.#device = undefined;
    await succeeds('umount', '--lazy', this.#fuseFolder);
    for (const child of [this.#fuse, this.#server]) if (child) await killed(child);
  }

  async #switch(name: string, isOn: boolean): Promise<void> {
    const file = join(this.#folder, name);
    if (isOn) await writeFile(file, '');
    else await rm(file, { force: true });
  }

  get #image(): string {
    return join(this.#folder, `image-${this.#generation}`);
  }
  get #fuseFolder(): string {
    return join(this.#folder, 'fuse');
  }
  get #ballast(): string {
    return join(this.mountPoint, 'ballast');
  }
}

const FILES_A_COMMAND = 100;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
