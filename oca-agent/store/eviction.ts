import type { Clock } from '#domain/clock.ts';
import { createPolicy } from '#domain/eviction/create-policy.ts';
import {
  type AssetStanding,
  chooseVictims,
  type EvictionReason,
  reasonToGo,
} from '#domain/eviction/eligibility.ts';
import type { EvictionPolicyName, Slot } from '#domain/eviction/policy.ts';
import type { DiskId } from '#domain/ids.ts';
import type { Random } from '#domain/random.ts';
import { bytes, type EpochMs, elapsed, epochMs, seconds } from '#domain/units.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import { DiskEviction, SlotNumbers } from './disk-eviction.ts';
import type { UseCounts } from './use-counts.ts';

export interface EvictionOptions {
  readonly index: AssetIndex;
  readonly uses: UseCounts;
  readonly policy: EvictionPolicyName;
  /** The bytes of a disk that a policy decides on. */
  readonly capacityBytes: (diskId: DiskId) => number;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Leaver {
  readonly asset: HeldAsset;
  readonly reason: EvictionReason;
}

/** How often a disk is looked through for what may go whatever its policy says. Assumption. */
const LOOKED_THROUGH_EVERY = seconds(600);

/** Found when the disk was last looked through, the longest unused first; judged again before they go. */
interface Suspects {
  readonly foundAt: EpochMs;
  readonly assets: readonly HeldAsset[];
}

/**
 * Chooses the assets that leave a disk. The policy of a disk is told what the index knows when it is first needed: coldest
 * first, so that what was learned before a restart is not lost.
 */
export class Eviction {
  readonly #options: EvictionOptions;
  readonly #disks = new Map<DiskId, DiskEviction>();
  readonly #numbers = new SlotNumbers();
  readonly #suspects = new Map<DiskId, Suspects>();

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  /** An asset has come onto its disk, or is planned no longer. */
  noteHeld({ assetId, diskId, slot, sizeBytes }: HeldAsset): void {
    const { index } = this.#options;
    const disk = this.#disks.get(diskId);
    if (disk && !index.isPinned(assetId)) disk.admit(slot, index.keyOf(slot), sizeBytes);
  }
  noteUse({ diskId, slot }: Pick<HeldAsset, 'diskId' | 'slot'>): void {
    this.#disks.get(diskId)?.use(slot);
  }
  /** It has left its disk, or is planned from now on. */
  noteGone({ diskId, slot }: Pick<HeldAsset, 'diskId' | 'slot'>): void {
    this.#disks.get(diskId)?.remove(slot);
  }
  /** What was pinned and unpinned matters to the policies that were needed so far. */
  get hasPolicies(): boolean {
    return this.#disks.size > 0;
  }

  /** Who goes so that a disk gets `lackingBytes` back; undefined, and nobody goes, when it cannot. */
  choose(diskId: DiskId, lackingBytes: number): Leaver[] | undefined {
    const { index, uses, clock } = this.#options;
    const { victims, shortBytes } = chooseVictims({
      lackingBytes: bytes(Math.ceil(lackingBytes)),
      suspects: this.#suspectsOf(diskId).map(({ slot }) => slot),
      busy: uses.slotsInUse((assetId) => this.#slotOn(diskId, assetId)),
      policy: this.#disks.get(diskId) ?? this.#restore(diskId),
      standingOf: (slot) => this.#standingOf(slot),
      now: clock.now(),
    });
    const leavers = victims.flatMap(({ slot, reason }) => {
      const asset = index.assetAt(slot);
      return asset ? { asset, reason } : [];
    });
    if (shortBytes === 0) return leavers;
    for (const { asset } of leavers) this.noteHeld(asset);
    return undefined;
  }

  /** The assets of a disk whose licence has ended, as far as found. */
  ended(diskId: DiskId): Leaver[] {
    const now = this.#options.clock.now();
    return this.#suspectsOf(diskId).flatMap((asset) => {
      const reason = reasonToGo(this.#standingOf(asset.slot), now);
      return reason === 'licence-ended' ? { asset, reason } : [];
    });
  }

  #restore(diskId: DiskId): DiskEviction {
    const { index, policy, capacityBytes, random } = this.#options;
    const options = { capacityBytes: capacityBytes(diskId), random };
    const disk = new DiskEviction(createPolicy(policy, options), this.#numbers);
    this.#disks.set(diskId, disk);
    const assets = [...index.assetsOfDisk(diskId)];
    assets.sort((one, other) => index.heatOf(one.slot) - index.heatOf(other.slot));
    for (const asset of assets) this.noteHeld(asset);
    return disk;
  }

  #suspectsOf(diskId: DiskId): readonly HeldAsset[] {
    const { index, clock } = this.#options;
    const now = clock.now();
    let known = this.#suspects.get(diskId);
    if (!known || elapsed(known.foundAt, now) >= LOOKED_THROUGH_EVERY) {
      const assets = [...index.assetsOfDisk(diskId)].filter(({ slot }) => {
        const reason = reasonToGo(this.#standingOf(slot), now);
        return reason === 'licence-ended' || reason === 'unused';
      });
      assets.sort((one, other) => index.lastUsedAt(one.slot) - index.lastUsedAt(other.slot));
      known = { foundAt: now, assets };
      this.#suspects.set(diskId, known);
    }
    return known.assets.filter(({ slot, assetId }) => this.#slotOn(diskId, assetId) === slot);
  }

  #slotOn(diskId: DiskId, assetId: HeldAsset['assetId']): Slot | undefined {
    const asset = this.#options.index.asset(assetId);
    return asset?.diskId === diskId ? asset.slot : undefined;
  }

  #standingOf(slot: Slot): AssetStanding {
    const { index, uses } = this.#options;
    const asset = index.assetAt(slot);
    if (!asset) return GONE;
    return {
      sizeBytes: asset.sizeBytes,
      isPinned: index.isPinned(asset.assetId),
      isOpen: uses.isInUse(asset.assetId),
      isMoving: false,
      lastUsedAt: index.lastUsedAt(slot),
      availableUntil: index.availableUntil(slot),
    };
  }
}

/** Nobody has the slot: there is nothing to take. */
const GONE: AssetStanding = {
  sizeBytes: bytes(0),
  isPinned: false,
  isOpen: false,
  isMoving: true,
  lastUsedAt: epochMs(0),
  availableUntil: undefined,
};
