import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CdnError } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { errnoOf } from '../platform/file-system.ts';
import type { DiskGuard } from './disk-guard.ts';
import { writeMarker } from './disk-marker.ts';
import { type DiskSight, describeSight, sightDisk } from './sight-disk.ts';

export interface MediumOptions {
  readonly disk: { readonly diskId: DiskId; readonly path: string };
  readonly guard: DiskGuard;
  readonly requiresMountPoint: boolean;
  /** Folders that every disk has; what lies in `tmp` is not kept. */
  readonly folders: readonly string[];
  readonly onReturned: () => void;
  readonly onReplaced: () => void;
}

/** What is mounted at a disk's path: takes it into use, notices when it goes, comes back, or is another. */
export class Medium {
  readonly #options: MediumOptions;
  /** It was not in its place when we last looked. */
  #isAway = false;
  #diskUuid: string | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: MediumOptions) {
    this.#options = options;
  }

  /** Takes the disk into use. `isKnown`: it was before, so its marker must be there. Never rejects. */
  async mount(isKnown: boolean): Promise<void> {
    try {
      const sight = await this.#sight();
      if (sight.kind === 'ours') await this.#takeUp(sight.marker.diskUuid);
      else if (sight.kind === 'blank' && !isKnown) await this.#takeUp(undefined);
      else this.#withdraw(sight);
    } catch (error) {
      this.#withdrawAs(`cannot be used: ${whyOf(error)}`);
    }
  }

  /** Looks whether the medium is in its place. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /**
   * Takes the blank medium that is mounted in its place into use. @throws CdnError `request-invalid` when there is none, and
   * touches nothing.
   */
  async replace(): Promise<void> {
    const { guard, disk, onReplaced } = this.#options;
    await this.#looking;
    const sight = await this.#sight();
    if (sight.kind !== 'blank')
      throw new CdnError(
        'request-invalid',
        `disk ${disk.diskId}: no blank disk is mounted in its place: ${describeSight(sight, disk.diskId)}`,
      );
    this.#withdraw(sight);
    guard.learn({ kind: 'replaced' });
    try {
      await this.#takeUp(undefined);
    } catch (error) {
      this.#withdrawAs(`cannot be used: ${whyOf(error)}`);
      throw error;
    }
    onReplaced();
  }

  async #look(): Promise<void> {
    try {
      const sight = await this.#sight();
      if (sight.kind !== 'ours') return this.#withdraw(sight);
      if (!this.#isAway && sight.marker.diskUuid === this.#diskUuid) return;
      this.#options.guard.learn({ kind: 'returned' });
      await this.#takeUp(sight.marker.diskUuid);
      this.#options.onReturned();
    } catch {
      // It hangs or refuses: its state tells so already, or the next operation will.
    }
  }

  #sight(): Promise<DiskSight> {
    const { guard, disk, requiresMountPoint } = this.#options;
    return sightDisk(guard.probingFiles, disk, requiresMountPoint);
  }

  #withdraw(sight: DiskSight): void {
    this.#withdrawAs(describeSight(sight, this.#options.disk.diskId));
  }

  #withdrawAs(reason: string): void {
    this.#isAway = true;
    this.#options.guard.learn({ kind: 'withdrawn', reason });
  }

  /** Marks it as ours if it is not yet, makes its folders, and removes what is left of transfers. */
  async #takeUp(diskUuid: string | undefined): Promise<void> {
    const { guard, disk, folders } = this.#options;
    const { files } = guard;
    this.#diskUuid = diskUuid ?? randomUUID();
    if (diskUuid === undefined)
      await writeMarker(files, disk.path, { diskId: disk.diskId, diskUuid: this.#diskUuid });
    for (const folder of folders) await files.makeSubfolder(join(disk.path, folder));
    const tmp = join(disk.path, 'tmp');
    for (const name of await files.list(tmp)) await files.remove(join(tmp, name));
    this.#isAway = false;
  }
}

const whyOf = (error: unknown): string => errnoOf(error) ?? (error as Error).message;
