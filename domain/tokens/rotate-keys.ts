import { after, type EpochMs, type Milliseconds, milliseconds, seconds } from '../units.ts';

/**
 * The keys of one purpose that are in force, by their places:
 *
 *     keys[0]   signs
 *     keys[1]   next: known to every verifier for a whole period before it signs
 *     keys[2]   previous: verifies until all that it signed has expired
 */
export interface LiveKeys<Key> {
  readonly keys: readonly Key[];
  /** When keys[1] became the next one. Absent in a set that was never rotated: all but the first only verify there. */
  readonly rotatedAt?: EpochMs;
}

export type Rotation<Key> =
  | { readonly ok: true; readonly live: Required<LiveKeys<Key>> }
  /** Something that the previous key signed may still be in force until `dueAt`. */
  | { readonly ok: false; readonly dueAt: EpochMs };

export interface RotationRules {
  readonly now: EpochMs;
  /** The longest time from signing to expiry of what these keys sign. */
  readonly lifetime: Milliseconds;
}

/** Signers and verifiers may go on with the set of before for this long: they read it every five minutes. */
const PROPAGATION = seconds(900);

/** The first set: one key signs, the next is known already. */
export const firstKeys = <Key>(signing: Key, next: Key, now: EpochMs): Required<LiveKeys<Key>> => ({
  keys: [signing, next],
  rotatedAt: now,
});

/**
 * The set of the next period: `next` signs, `newKey` comes next, and what signed becomes the previous one. Exactly one
 * key signs at any time, two or three verify, and whatever was signed verifies for its whole lifetime.
 */
export function rotateKeys<Key>(
  { keys, rotatedAt }: LiveKeys<Key>,
  newKey: Key,
  { now, lifetime }: RotationRules,
): Rotation<Key> {
  const [signing, second] = keys;
  if (signing === undefined) throw new RangeError('expected at least one key to rotate');
  if (rotatedAt === undefined || second === undefined) {
    // Nobody knows a next key yet: the one that signs goes on.
    const previous = second === undefined ? [] : [second];
    return { ok: true, live: { keys: [signing, newKey, ...previous], rotatedAt: now } };
  }
  const dueAt = rotationDueAt(rotatedAt, lifetime);
  if (now < dueAt) return { ok: false, dueAt };
  return { ok: true, live: { keys: [second, newKey, signing], rotatedAt: now } };
}

/** The earliest instant at which a set may be rotated again. */
export const rotationDueAt = (rotatedAt: EpochMs, lifetime: Milliseconds): EpochMs =>
  after(rotatedAt, milliseconds(lifetime + PROPAGATION));
