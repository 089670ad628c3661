import { after, type Bytes, bytes, type EpochMs, type Milliseconds } from '#domain/units.ts';

/** Wrong bytes so often, and a source is not asked again under this plan. Source: research "appliance", section 4.1. */
const STRIKES_MAX = 3;

/** What came from which fill source under one plan, which of them sent wrong bytes, and how long to wait for one. */
export class SourceLedger {
  readonly #fetchedBytes = new Map<string, number>();
  readonly #strikes = new Map<string, number>();
  readonly #patienceEndsAt = new Map<string, EpochMs>();

  countFetched(sourceId: string, sizeBytes: number): void {
    this.#fetchedBytes.set(sourceId, (this.#fetchedBytes.get(sourceId) ?? 0) + sizeBytes);
    this.#patienceEndsAt.delete(sourceId);
  }

  strike(sourceId: string): void {
    this.#strikes.set(sourceId, (this.#strikes.get(sourceId) ?? 0) + 1);
  }
  isBanned(sourceId: string): boolean {
    return (this.#strikes.get(sourceId) ?? 0) >= STRIKES_MAX;
  }

  /** Whether to wait on for a source that does not hold an asset yet: `wait` from its last byte, whatever the asset. */
  isWorthWaiting(sourceId: string, wait: Milliseconds, now: EpochMs): boolean {
    const endsAt = this.#patienceEndsAt.get(sourceId) ?? after(now, wait);
    this.#patienceEndsAt.set(sourceId, endsAt);
    return now < endsAt;
  }

  fetched(): { sourceId: string; fetchedBytes: Bytes }[] {
    return [...this.#fetchedBytes].map(([sourceId, sizeBytes]) => ({
      sourceId,
      fetchedBytes: bytes(sizeBytes),
    }));
  }
}
