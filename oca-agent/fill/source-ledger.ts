import { type Bytes, bytes } from '#domain/units.ts';

/** Wrong bytes so often, and a source is not asked again under this plan. Source: research "appliance", section 4.1. */
const STRIKES_MAX = 3;

/** What came from which fill source under one plan, and which of them sent wrong bytes. */
export class SourceLedger {
  readonly #fetchedBytes = new Map<string, number>();
  readonly #strikes = new Map<string, number>();

  countFetched(sourceId: string, sizeBytes: number): void {
    this.#fetchedBytes.set(sourceId, (this.#fetchedBytes.get(sourceId) ?? 0) + sizeBytes);
  }

  strike(sourceId: string): void {
    this.#strikes.set(sourceId, (this.#strikes.get(sourceId) ?? 0) + 1);
  }
  isBanned(sourceId: string): boolean {
    return (this.#strikes.get(sourceId) ?? 0) >= STRIKES_MAX;
  }

  fetched(): { sourceId: string; fetchedBytes: Bytes }[] {
    return [...this.#fetchedBytes].map(([sourceId, sizeBytes]) => ({
      sourceId,
      fetchedBytes: bytes(sizeBytes),
    }));
  }
}
