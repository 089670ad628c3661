import { reasonToGo } from '#domain/eviction/eligibility.ts';
import type { Slot } from '#domain/eviction/policy.ts';
import type { DiskId } from '#domain/ids.ts';
import { bytes, type EpochMs } from '#domain/units.ts';
import type { AssetIndex } from './asset-index.ts';

/** A look at so many takes about half a millisecond. */
const SLOTS_A_LOOK = 16_384;
/** Remembered of each disk and reason: enough until they are found again, and few to go through at each eviction. */
const REMEMBERED_MAX = 256;

interface Unused {
  readonly slot: Slot;
  readonly lastUsedAt: EpochMs;
}

/** Of one disk. */
interface Found {
  readonly ended: Slot[];
  unused: Unused[];
  /** Who was used later is not among the longest unused. */
  usedBefore: number;
}

/**
 * Who may go whatever the policy says: licence ended, or unused for long. Found by going through all slots over and over, a
 * few at each look, as nobody can wait for 2 million; so each is judged again before it goes.
 */
export class Suspects {
  readonly #index: AssetIndex;
  /** In the last whole round, and in the one under way. */
  #found = new Map<DiskId, Found>();
  #finding = new Map<DiskId, Found>();
  #slot: Slot = 0;

  constructor(index: AssetIndex) {
    this.#index = index;
  }

  /** On a disk, those whose licence has ended first, then the longest unused: {@link REMEMBERED_MAX} of each at most. */
  of(diskId: DiskId): Slot[] {
    const found = this.#found.get(diskId);
    if (!found) return [];
    const slots = [...found.ended, ...found.unused.map(({ slot }) => slot)];
    return slots.filter((slot) => this.#index.isOn(slot, diskId));
  }

  /** Goes on with the round, and ends it when all slots were looked at. */
  look(now: EpochMs): void {
    const end = Math.min(this.#slot + SLOTS_A_LOOK, this.#index.slotsEnd);
    for (; this.#slot < end; this.#slot += 1) this.#judge(this.#slot, now);
    if (this.#slot < this.#index.slotsEnd) return;
    for (const found of this.#finding.values()) found.unused = longestUnused(found.unused);
    this.#found = this.#finding;
    this.#finding = new Map();
    this.#slot = 0;
  }

  #judge(slot: Slot, now: EpochMs): void {
    const index = this.#index;
    const diskId = index.diskOf(slot);
    if (diskId === undefined) return;
    const lastUsedAt = index.lastUsedAt(slot);
    const reason = reasonToGo(
      {
        sizeBytes: bytes(0),
        isPinned: index.isPinned(slot),
        isOpen: false,
        isMoving: false,
        lastUsedAt,
        availableUntil: index.availableUntil(slot),
      },
      now,
    );
    if (reason === undefined || reason === 'policy') return;
    const found = this.#foundOn(diskId);
    if (reason === 'unused') noteUnused(found, { slot, lastUsedAt });
    else if (found.ended.length < REMEMBERED_MAX) found.ended.push(slot);
  }

  #foundOn(diskId: DiskId): Found {
    const known = this.#finding.get(diskId);
    if (known) return known;
    const found: Found = { ended: [], unused: [], usedBefore: Number.POSITIVE_INFINITY };
    this.#finding.set(diskId, found);
    return found;
  }
}

function noteUnused(found: Found, unused: Unused): void {
  if (unused.lastUsedAt >= found.usedBefore) return;
  found.unused.push(unused);
  if (found.unused.length < 2 * REMEMBERED_MAX) return;
  found.unused = longestUnused(found.unused);
  found.usedBefore = found.unused.at(-1)?.lastUsedAt ?? found.usedBefore;
}

const longestUnused = (unused: Unused[]): Unused[] =>
  unused.sort((one, other) => one.lastUsedAt - other.lastUsedAt).slice(0, REMEMBERED_MAX);
