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
import { bytes, epochMs } from '#domain/units.ts';
import type { HeldAsset } from './asset.ts';
import type { AssetIndex } from './asset-index.ts';
import { DiskEviction, SlotNumbers } from './disk-eviction.ts';
import { Suspects } from './suspects.ts';
import { tellColdestFirst } from './tell-policy.ts';
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

/**
 * Chooses the assets that leave a disk. The policy of a disk is told what the index knows when it is first needed, and from
 * then on of everything that comes, is used, and goes.
 */
export class Eviction {
  readonly #options: EvictionOptions;
  readonly #disks = new Map<DiskId, DiskEviction>();
  /** The same, each when it has been told everything. */
  readonly #told = new Map<DiskId, Promise<DiskEviction>>();
  readonly #numbers = new SlotNumbers();
  readonly #suspects: Suspects;

  constructor(options: EvictionOptions) {
    this.#options = options;
    this.#suspects = new Suspects(options.index);
  }

  /** An asset has come onto its disk, or is planned no longer. */
  noteHeld({ diskId, slot, sizeBytes }: HeldAsset): void {
    const { index } = this.#options;
    const disk = this.#disks.get(diskId);
    if (disk && !index.isPinned(slot)) disk.admit(slot, index.keyOf(slot), sizeBytes);
  }
  noteUse({ diskId, slot }: Pick<HeldAsset, 'diskId' | 'slot'>): void {
    this.#disks.get(diskId)?.use(slot);
  }
  /** It has left its disk, or is planned from now on. */
  noteGone({ diskId, slot }: Pick<HeldAsset, 'diskId' | 'slot'>): void {
    this.#disks.get(diskId)?.remove(slot);
  }
  /** A disk has come back, and with it what nobody told: its policy begins anew when it is next needed. */
  forgetDisk(diskId: DiskId): void {
    this.#disks.get(diskId)?.clear();
    this.#disks.delete(diskId);
    this.#told.delete(diskId);
  }
  /** What was pinned and unpinned matters to the policies that were needed so far. */
  get hasPolicies(): boolean {
    return this.#disks.size > 0;
  }

  /** Who goes so that a disk gets `lackingBytes` back; undefined, and nobody goes, when it cannot. */
  async choose(diskId: DiskId, lackingBytes: number): Promise<Leaver[] | undefined> {
    const { index, clock } = this.#options;
    const policy = await this.#policyOf(diskId);
    const now = clock.now();
    this.#suspects.look(now);
    const { victims, shortBytes } = chooseVictims({
      lackingBytes: bytes(Math.ceil(lackingBytes)),
      suspects: this.#suspects.of(diskId),
      busy: this.#busyOn(diskId),
      policy,
      standingOf: (slot) => this.#standingOf(slot),
      now,
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
    const { index, clock } = this.#options;
    const now = clock.now();
    this.#suspects.look(now);
    return this.#suspects.of(diskId).flatMap((slot) => {
      const asset = index.assetAt(slot);
      const reason = reasonToGo(this.#standingOf(slot), now);
      return asset && reason === 'licence-ended' ? { asset, reason } : [];
    });
  }

  #policyOf(diskId: DiskId): Promise<DiskEviction> {
    const known = this.#told.get(diskId);
    if (known) return known;
    const { index, policy, capacityBytes, random } = this.#options;
    const options = { capacityBytes: capacityBytes(diskId), random };
    const disk = new DiskEviction(createPolicy(policy, options), this.#numbers);
    const isNeeded = () => this.#disks.get(diskId) === disk;
    this.#disks.set(diskId, disk);
    const told = tellColdestFirst(disk, diskId, { index, isNeeded }).then(() => disk);
    this.#told.set(diskId, told);
    return told;
  }

  /** As many may be in use as there are clients: only those on this disk are looked at closely. */
  *#busyOn(diskId: DiskId): Generator<Slot> {
    const { index, uses } = this.#options;
    for (const slot of uses.slotsInUse()) if (index.isOn(slot, diskId)) yield slot;
  }

  /** Who moves is open: its mover has it. */
  #standingOf(slot: Slot): AssetStanding {
    const { index, uses } = this.#options;
    const asset = index.assetAt(slot);
    if (!asset) return GONE;
    return {
      sizeBytes: asset.sizeBytes,
      isPinned: index.isPinned(slot),
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
