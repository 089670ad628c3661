import { type Bytes, bytes, type EpochMs, elapsed, type Milliseconds, seconds } from '../units.ts';
import type { EvictionPolicy, Slot } from './policy.ts';

/** Source: the appliance's design, "age > 30 days unused". */
const UNUSED_MAX: Milliseconds = seconds(30 * 86_400);

/** Why an asset goes, in the order in which they go. */
export const EVICTION_REASONS = ['licence-ended', 'unused', 'policy'] as const;
export type EvictionReason = (typeof EVICTION_REASONS)[number];

/** What decides whether an asset may go. */
export interface AssetStanding {
  readonly sizeBytes: Bytes;
  /** The plan wants it. The policy knows those, and only those, that are not pinned. */
  readonly isPinned: boolean;
  /** A reader has it open. It would read on; but in mere need of room it is left alone. */
  readonly isOpen: boolean;
  /** In transfer, on its way to another disk, or being written about: nobody may touch it. */
  readonly isMoving: boolean;
  readonly lastUsedAt: EpochMs;
  /** The end of its licence; undefined: it has none. */
  readonly availableUntil: EpochMs | undefined;
}

/** Why this asset may go now; undefined: it may not. */
export function reasonToGo(standing: AssetStanding, now: EpochMs): EvictionReason | undefined {
  const { availableUntil, lastUsedAt, isMoving, isOpen, isPinned } = standing;
  if (isMoving) return undefined;
  if (availableUntil !== undefined && availableUntil <= now) return 'licence-ended';
  if (isPinned || isOpen) return undefined;
  return elapsed(lastUsedAt, now) > UNUSED_MAX ? 'unused' : 'policy';
}

export interface RoomRequest {
  readonly lackingBytes: Bytes;
  /** Whose licence may have ended or who may have been unused for long, in the order to go. Each is judged again. */
  readonly suspects: readonly Slot[];
  /** Everyone who is open or moving. */
  readonly busy: Iterable<Slot>;
  readonly policy: EvictionPolicy;
  readonly standingOf: (slot: Slot) => AssetStanding;
  readonly now: EpochMs;
}

export interface Victim {
  readonly slot: Slot;
  readonly reason: EvictionReason;
}

/** Who goes. None, unless they free all that lacks: then `shortBytes` says how much could not be freed. */
export interface RoomAnswer {
  readonly victims: readonly Victim[];
  readonly freedBytes: Bytes;
  readonly shortBytes: Bytes;
  /** Of the assets that are not pinned, those that are open or moving: what would have helped. */
  readonly busyBytes: Bytes;
}

/**
 * Chooses the victims of one disk: first whose licence has ended, pinned or not; then the unused; then the policy's
 * choice. They are out of the policy when this returns; nobody else is.
 */
export function chooseVictims(request: RoomRequest): RoomAnswer {
  const { lackingBytes, suspects, policy, standingOf, now } = request;
  const busyBytes = busyUnpinnedBytes(request);
  const evictableBytes = policy.usedBytes - busyBytes + endedPinnedBytes(request);
  if (evictableBytes < lackingBytes) {
    return {
      victims: [],
      freedBytes: bytes(0),
      shortBytes: bytes(lackingBytes - evictableBytes),
      busyBytes,
    };
  }
  const victims: Victim[] = [];
  let freedBytes = 0;
  const take = (slot: Slot, reason: EvictionReason): void => {
    victims.push({ slot, reason });
    freedBytes += standingOf(slot).sizeBytes;
  };
  for (const reason of ['licence-ended', 'unused'] as const) {
    for (const slot of new Set(suspects)) {
      if (freedBytes >= lackingBytes) break;
      if (reasonToGo(standingOf(slot), now) !== reason) continue;
      policy.remove(slot);
      take(slot, reason);
    }
  }
  while (freedBytes < lackingBytes) {
    const slot = policy.evict((candidate) => reasonToGo(standingOf(candidate), now) !== undefined);
    if (slot === undefined) break;
    take(slot, reasonToGo(standingOf(slot), now) ?? 'policy');
  }
  const shortBytes = bytes(Math.max(0, lackingBytes - freedBytes));
  return { victims, freedBytes: bytes(freedBytes), shortBytes, busyBytes };
}

function busyUnpinnedBytes({ busy, standingOf, now }: RoomRequest): Bytes {
  let total = 0;
  for (const slot of busy) {
    const standing = standingOf(slot);
    if (!standing.isPinned && !reasonToGo(standing, now)) total += standing.sizeBytes;
  }
  return bytes(total);
}

function endedPinnedBytes({ suspects, standingOf, now }: RoomRequest): number {
  let total = 0;
  for (const slot of new Set(suspects)) {
    const standing = standingOf(slot);
    if (standing.isPinned && reasonToGo(standing, now)) total += standing.sizeBytes;
  }
  return total;
}
