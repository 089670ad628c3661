import type { Slot } from '#domain/eviction/policy.ts';
import type { AssetId } from '#domain/ids.ts';

/** Who is being read, or moved: such an asset does not give way to others. */
export class UseCounts {
  readonly #counts = new Map<AssetId, number>();

  isInUse(assetId: AssetId): boolean {
    return this.#counts.has(assetId);
  }
  retain(assetId: AssetId): void {
    this.#counts.set(assetId, (this.#counts.get(assetId) ?? 0) + 1);
  }
  release(assetId: AssetId): void {
    const count = (this.#counts.get(assetId) ?? 0) - 1;
    if (count > 0) this.#counts.set(assetId, count);
    else this.#counts.delete(assetId);
  }
  /** The slots of those in use that `slotOf` knows one of. */
  *slotsInUse(slotOf: (assetId: AssetId) => Slot | undefined): Generator<Slot> {
    for (const assetId of this.#counts.keys()) {
      const slot = slotOf(assetId);
      if (slot !== undefined) yield slot;
    }
  }
}
