import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import { errnoOf } from '../platform/file-system.ts';
import type { DiskGuard } from './disk-guard.ts';
import { type DiskMarker, writeMarker } from './disk-marker.ts';
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
  /** Ends with whoever looks at the medium or takes it up: one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: MediumOptions) {
    this.#options = options;
  }

  /** Takes the disk into use. `isKnown`: it was before, so its marker must be there. Never rejects. */
  mount(isKnown: boolean): Promise<void> {
    return this.#inTurn(() => this.#mount(isKnown));
  }

  /** Looks whether the medium is in its place. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#inTurn(() => this.#look()).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /**
   * Takes the blank medium that is mounted in its place into use. @throws CdnError `request-invalid` when there is none, and
   * touches nothing; else why it cannot be used.
   */
  replace(): Promise<void> {
    return this.#inTurn(() => this.#replace());
  }

  /**
   * Takes its own medium into use again, whatever was learnt of it. @throws CdnError `request-invalid` when another or none
   * is in its place, and touches nothing; `disk-read-only`, `disk-failed`, `disk-busy` when it still cannot be written.
   */
  reinstate(): Promise<void> {
    return this.#inTurn(() => this.#reinstate());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #mount(isKnown: boolean): Promise<void> {
    try {
      const sight = await this.#sight();
      if (sight.kind === 'ours') await this.#takeUp(sight.marker);
      else if (sight.kind === 'blank' && !isKnown) await this.#takeUpBlank();
      else this.#withdraw(sight);
    } catch (error) {
      this.#withdrawAs(`cannot be used: ${whyOf(error)}`);
    }
  }

  async #look(): Promise<void> {
    try {
      const sight = await this.#sight();
      if (sight.kind !== 'ours') return this.#withdraw(sight);
      if (!this.#isAway && sight.marker.diskUuid === this.#diskUuid) return;
      this.#options.guard.learn({ kind: 'returned' });
      await this.#takeUp(sight.marker);
      this.#options.onReturned();
    } catch {
      // It hangs or refuses: its state tells so already, or the next operation will.
    }
  }

  async #replace(): Promise<void> {
    const { guard, onReplaced } = this.#options;
    const sight = await this.#sight();
    if (sight.kind !== 'blank') throw this.#refusal('no blank disk is mounted in its place', sight);
    this.#withdraw(sight);
    guard.learn({ kind: 'replaced' });
    try {
      await this.#takeUpBlank();
    } catch (error) {
      this.#withdrawAs(`cannot be used: ${whyOf(error)}`);
      throw error;
    }
    onReplaced();
  }

  async #reinstate(): Promise<void> {
    const { guard, onReturned } = this.#options;
    const sight = await this.#sight();
    if (sight.kind !== 'ours') throw this.#refusal('its own medium is not in its place', sight);
    const isUsed = guard.takesWrites;
    guard.learn({ kind: 'reinstated' });
    // A filesystem that still refuses writes says so now, and is read all the same.
    const refusal = await this.#mark(sight.marker.diskUuid).then(() => undefined, orReadOnly);
    if (!isUsed) await this.#tidy().catch(orReadOnly);
    this.#isAway = false;
    onReturned();
    if (refusal) throw refusal;
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

  #refusal(what: string, sight: DiskSight): CdnError {
    const { diskId } = this.#options.disk;
    const message = `disk ${diskId}: ${what}: ${describeSight(sight, diskId)}`;
    return new CdnError('request-invalid', message);
  }

  async #takeUpBlank(): Promise<void> {
    await this.#mark();
    await this.#tidy();
    this.#isAway = false;
  }

  /** What cannot be written may still be read. */
  async #takeUp({ diskUuid }: DiskMarker): Promise<void> {
    this.#diskUuid = diskUuid;
    if (diskUuid === undefined) await this.#mark().catch(orReadOnly);
    await this.#tidy().catch(orReadOnly);
    this.#isAway = false;
  }

  async #mark(diskUuid: string = randomUUID()): Promise<void> {
    const { guard, disk } = this.#options;
    await writeMarker(guard.files, disk.path, { diskId: disk.diskId, diskUuid });
    this.#diskUuid = diskUuid;
  }

  /** Makes its folders, and removes what is left of transfers. */
  async #tidy(): Promise<void> {
    const { guard, disk, folders } = this.#options;
    const { files } = guard;
    for (const folder of folders) await files.makeSubfolder(join(disk.path, folder));
    const tmp = join(disk.path, 'tmp');
    for (const name of await files.list(tmp)) await files.remove(join(tmp, name));
  }
}

function orReadOnly(error: unknown): unknown {
  if (errorCodeOf(error) === 'disk-read-only') return error;
  throw error;
}

const whyOf = (error: unknown): string => errnoOf(error) ?? (error as Error).message;
