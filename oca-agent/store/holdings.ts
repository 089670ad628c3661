import type { Clock } from '#domain/clock.ts';
import { CdnError } from '#domain/errors.ts';
import type { AssetId, DiskId } from '#domain/ids.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import type { Log } from '../log.ts';
import { type AssetName, DOUBTED_AT, type HeldAsset } from './asset.ts';
import { AssetFiles } from './asset-files.ts';
import type { AssetIndex } from './asset-index.ts';
import type { AssetWriter } from './asset-writer.ts';
import type { Eviction } from './eviction.ts';
import type { RemovalReason, RemovalVerdict } from './intake.ts';
import type { NameWatcher } from './name-watcher.ts';
import type { Protection } from './protection.ts';
import type { UseCounts } from './use-counts.ts';
import type { Volume } from './volume.ts';

export interface HoldingsParts {
  readonly index: AssetIndex;
  readonly volumes: ReadonlyMap<DiskId, Volume>;
  readonly protection: Protection;
  readonly eviction: Eviction;
  readonly uses: UseCounts;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What is held: changes files and index together, so that the index never says more than the disks hold. What comes is
 * durable before the index knows; what goes is out of the index before its bytes are.
 */
export class Holdings {
  nameWatcher: NameWatcher | undefined;
  /** By reason, since the start. */
  readonly removedAssets: Record<RemovalReason, number> = {
    eviction: 0,
    licence: 0,
    invalidation: 0,
    corruption: 0,
  };
  readonly files: AssetFiles;
  readonly #parts: HoldingsParts;
  readonly #index: AssetIndex;
  readonly #uses: UseCounts;
  /** Their disk did not give all of them out. */
  readonly #unreadable = new Set<AssetId>();

  constructor(parts: HoldingsParts) {
    this.#parts = parts;
    this.#index = parts.index;
    this.#uses = parts.uses;
    this.files = new AssetFiles(parts);
  }

  /** A verified transfer becomes an asset under its names, unless its bytes are held already where they can be read. */
  async publish(
    writer: AssetWriter,
    assetId: AssetId,
    names: readonly AssetName[],
  ): Promise<HeldAsset> {
    const { held, saidNames } = await this.#take(writer, assetId, names);
    await this.bind(assetId, names, saidNames);
    return held;
  }

  /** Also returns the names that the sidecar says now. */
  #take(writer: AssetWriter, assetId: AssetId, names: readonly AssetName[]) {
    return this.files.inTurn(assetId, async () => {
      this.#uses.retain(assetId);
      void writer.whenClosed.then(() => this.#uses.release(assetId));
      const namesBefore = this.#index.namesOf(assetId);
      const twin = this.#index.asset(assetId);
      if (twin && this.#isSound(twin)) return { held: twin, saidNames: namesBefore };
      const saidNames = [...namesBefore, ...names];
      await this.files.place(writer, assetId, saidNames);
      const held = this.#notePlaced(writer, assetId);
      if (twin) await this.#letGo(twin, held);
      return { held, saidNames };
    });
  }

  /** A verified copy becomes the asset, and the bytes before it go. Undefined when it is not there any more. */
  replace(asset: HeldAsset, writer: AssetWriter): Promise<HeldAsset | undefined> {
    const { assetId } = asset;
    return this.files.inTurn(assetId, async () => {
      if (!this.isWhere(asset)) return undefined;
      await this.files.place(writer, assetId, this.#index.namesOf(assetId));
      if (!this.isWhere(asset)) {
        await writer.volume.removeAsset(assetId).catch(() => undefined);
        return undefined;
      }
      const moved = this.#notePlaced(writer, assetId);
      await this.#letGo(asset, moved);
      return moved;
    });
  }

  /**
   * Lets names mean a held asset. An asset that loses its last name by this is invalid, and removed.
   * @param saidNames those that the asset's sidecar says.
   */
  async bind(
    assetId: AssetId,
    names: readonly AssetName[],
    saidNames: readonly AssetName[] = this.#index.namesOf(assetId),
  ): Promise<void> {
    const asset = this.#index.asset(assetId);
    if (!asset) return;
    const replaced = names.map((name) => this.#index.bind(assetId, name));
    await this.nameWatcher?.placed(asset, names);
    for (const loser of replaced) if (loser) await this.#removeIfNameless(loser);
    if (!isSameNames(saidNames, this.#index.namesOf(assetId)))
      await this.files.rewriteSidecar(assetId);
  }

  /** Removes an asset, unless it is planned or being read where the reason is mere room. Who reads it reads on. */
  async remove(assetId: AssetId, reason: RemovalReason): Promise<RemovalVerdict> {
    const asset = this.#index.asset(assetId);
    if (!asset) return 'not-held';
    if (reason === 'eviction' && this.#index.isPinned(assetId)) return 'planned';
    if (reason === 'eviction' && this.#uses.isInUse(assetId)) return 'in-use';
    const names = this.#forget(asset);
    this.removedAssets[reason] += 1;
    this.#parts.log('store.asset.removed', { assetId, reason, sizeBytes: asset.sizeBytes });
    await this.files.inTurn(assetId, async () => {
      await this.#withdraw(names);
      if (!this.isWhere(asset)) await this.files.release(asset, reason !== 'eviction');
    });
    return 'removed';
  }

  /** Pins what the plan names and frees the rest; names that the plan gives to other bytes are held no longer. */
  async setPlan(items: readonly FillPlanItem[]): Promise<void> {
    const { eviction } = this.#parts;
    const { superseded, pinned, unpinned } = this.#index.setPlan(items);
    if (eviction.hasPolicies) {
      for (const asset of pinned) eviction.noteGone(asset);
      for (const asset of unpinned) eviction.noteHeld(asset);
    }
    await this.unname(superseded);
  }

  /** Takes names away. An asset that loses its last name by this is invalid, and removed. */
  async unname(names: readonly Pick<AssetName, 'titleId' | 'file'>[]): Promise<void> {
    for (const name of names) {
      const assetId = this.#index.unbind(name.titleId, name.file);
      await this.nameWatcher?.withdrawn([name]);
      if (assetId) await this.#removeIfNameless(assetId);
    }
  }

  /** Lets names be confirmed before they are used again, after a restart too. */
  async doubt(names: readonly Pick<AssetName, 'titleId' | 'file'>[]): Promise<void> {
    for (const name of names) {
      const held = this.#index.find(name.titleId, name.file);
      if (!held) continue;
      const { titleId, file, etag, contentType } = held;
      this.#index.bind(held.assetId, { titleId, file, etag, contentType, fetchedAt: DOUBTED_AT });
      await this.nameWatcher?.withdrawn([name]);
      await this.files.rewriteSidecar(held.assetId);
    }
  }

  /** An asset was found on its disk, and its names mean it. @param before where the index had it. */
  async noteFound(asset: HeldAsset, before: HeldAsset | undefined): Promise<void> {
    if (before) this.#parts.eviction.noteGone(before);
    this.#parts.eviction.noteHeld(asset);
    this.#parts.protection.noteHeld(asset);
    await this.nameWatcher?.placed(asset, this.#index.namesOf(asset.assetId));
  }

  /** The file is whole where the index says, as far as can be seen. */
  async isThere(asset: HeldAsset): Promise<boolean> {
    const volume = this.#parts.volumes.get(asset.diskId);
    const found = volume?.statAsset(asset.assetId).catch(() => undefined);
    return (await found) === asset.sizeBytes;
  }

  /** A part of it could not be read: the next copy that comes takes its place. */
  noteUnreadable(asset: HeldAsset): void {
    if (this.isWhere(asset)) this.#unreadable.add(asset.assetId);
  }

  /**
   * A disk that works has it no longer. True when it is held no longer: nothing can tell it, or it was evicted, which a
   * crash took back from the index, and its bytes are retired.
   */
  forgetVanished(asset: HeldAsset): Promise<boolean> {
    const { protection } = this.#parts;
    const { assetId, sizeBytes } = asset;
    return this.files.inTurn(assetId, async () => {
      const volume = this.files.volumeOf(asset);
      // A disk that does not say now has lost nothing yet.
      const foundBytes = await volume.statAsset(assetId).catch(() => sizeBytes);
      const retired = volume.statRetired(assetId).catch(() => undefined);
      const isRetired = (await retired) !== undefined;
      if (foundBytes === sizeBytes || !this.isWhere(asset)) return false;
      if (!isRetired && protection.noteLost(asset)) return false;
      const names = this.#forget(asset);
      if (isRetired) protection.release(asset);
      await this.#withdraw(names);
      return true;
    });
  }

  /** Its disk has failed: the asset is held no longer, unless parity can tell it. True when it is gone. */
  async forgetIfLost(asset: HeldAsset): Promise<boolean> {
    const { protection } = this.#parts;
    if (!this.isWhere(asset) || protection.isRecoverable(asset.assetId)) return false;
    const names = this.#forget(asset);
    protection.release(asset);
    await this.#withdraw(names);
    return true;
  }

  /** The file is not at its place, or is not whole, on a disk that works. */
  async lose(asset: HeldAsset): Promise<void> {
    if (!this.isWhere(asset) || this.#parts.protection.noteLost(asset)) return;
    await this.remove(asset.assetId, 'corruption');
  }

  /** The asset is held, and lies on that disk. */
  isWhere({ assetId, diskId }: HeldAsset): boolean {
    return this.#index.asset(assetId)?.diskId === diskId;
  }

  #isSound(asset: HeldAsset): boolean {
    const isReadable = this.#parts.volumes.get(asset.diskId)?.isReadable === true;
    return isReadable && !this.#unreadable.has(asset.assetId);
  }

  /** @throws CdnError `disk-failed` when the disk has failed since: what it held has just been forgotten. */
  #notePlaced({ sizeBytes, volume }: AssetWriter, assetId: AssetId): HeldAsset {
    const { eviction, protection, clock } = this.#parts;
    if (volume.failure !== undefined)
      throw new CdnError('disk-failed', `disk ${volume.disk.diskId}: ${volume.failure}`);
    const { diskId, tier } = volume.disk;
    const before = this.#index.asset(assetId);
    this.#unreadable.delete(assetId);
    if (before) eviction.noteGone(before);
    const placed = before
      ? this.#index.move(assetId, { diskId, tier })
      : this.#index.add({ assetId, diskId, tier, sizeBytes }, clock.now());
    eviction.noteHeld(placed);
    protection.noteHeld(placed);
    return placed;
  }

  async #letGo(before: HeldAsset, now: HeldAsset): Promise<void> {
    await this.nameWatcher?.placed(now, this.#index.namesOf(now.assetId));
    if (before.diskId !== now.diskId) await this.files.release(before);
  }

  /** Returns the names that it had. */
  #forget(asset: HeldAsset): AssetName[] {
    const names = this.#index.namesOf(asset.assetId);
    this.#index.remove(asset.assetId);
    this.#unreadable.delete(asset.assetId);
    this.#parts.eviction.noteGone(asset);
    return names;
  }

  /** Others may have got the names since. */
  async #withdraw(names: readonly AssetName[]): Promise<void> {
    const unheld = names.filter(({ titleId, file }) => !this.#index.find(titleId, file));
    await this.nameWatcher?.withdrawn(unheld);
  }

  async #removeIfNameless(assetId: AssetId): Promise<void> {
    if (this.#index.namesOf(assetId).length === 0) await this.remove(assetId, 'invalidation');
    else await this.files.rewriteSidecar(assetId);
  }
}

/** Whether a sidecar would say the same, but for the time of the last confirmation. */
function isSameNames(one: readonly AssetName[], other: readonly AssetName[]): boolean {
  const lines = (names: readonly AssetName[]) =>
    names
      .map((name) => JSON.stringify([name.titleId, name.file, name.etag, name.contentType]))
      .sort();
  return lines(one).join() === lines(other).join();
}
