import { type EpochMs, elapsed, type Milliseconds } from '#domain/units.ts';
import type { Now } from './wall-clock.ts';

interface Entry<V> {
  readonly value: V;
  readonly loadedAt: EpochMs;
}

/** What one Lambda instance remembers for a short while. Absent values are remembered too. */
export interface ExpiringCache<K, V> {
  get(keys: readonly K[]): Promise<Map<K, V>>;
}

/**
 * A cache in front of a store that answers for many keys at once. When it holds more than `entriesMax` it forgets
 * everything: entries live for seconds, so there is nothing worth choosing between.
 */
export function expiringCache<K, V>(options: {
  readonly load: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>;
  readonly lifetime: Milliseconds;
  readonly entriesMax: number;
  readonly clock: Now;
}): ExpiringCache<K, V> {
  const { load, lifetime, entriesMax, clock } = options;
  const entries = new Map<K, Entry<V | undefined>>();
  return {
    async get(keys) {
      const now = clock.now();
      const fresh = (key: K) => {
        const entry = entries.get(key);
        return entry && elapsed(entry.loadedAt, now) < lifetime ? entry : undefined;
      };
      const found = new Map(keys.map((key) => [key, fresh(key)]));
      const absent = [...found].filter(([, entry]) => !entry).map(([key]) => key);
      const loaded = absent.length > 0 ? await load(absent) : new Map<K, V>();
      if (entries.size + absent.length > entriesMax) entries.clear();
      for (const key of absent) {
        const entry = { value: loaded.get(key), loadedAt: now };
        entries.set(key, entry);
        found.set(key, entry);
      }
      return new Map([...found].flatMap(([key, entry]) => presentEntry(key, entry)));
    },
  };
}

/** One value that is loaded again when it is older than `lifetime`. A reload that fails leaves the old value in force. */
export function refreshed<V>(options: {
  readonly load: () => Promise<V>;
  readonly lifetime: Milliseconds;
  readonly clock: Now;
}): () => Promise<V> {
  const { load, lifetime, clock } = options;
  let entry: Entry<V> | undefined;
  return async () => {
    const now = clock.now();
    if (entry && elapsed(entry.loadedAt, now) < lifetime) return entry.value;
    try {
      entry = { value: await load(), loadedAt: now };
    } catch (failure) {
      if (!entry) throw failure;
      entry = { value: entry.value, loadedAt: now };
    }
    return entry.value;
  };
}

const presentEntry = <K, V>(key: K, entry: Entry<V | undefined> | undefined): [K, V][] =>
  entry?.value === undefined ? [] : [[key, entry.value]];
