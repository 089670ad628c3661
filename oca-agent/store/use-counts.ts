import type { Slot } from '#domain/eviction/policy.ts';
import type { AssetId } from '#domain/ids.ts';

const NONE = -1;

interface Use {
  count: number;
  /** Where the asset was in the index when it came into use; −1: not yet. */
  slot: Slot;
}

/** Who is being read, or moved: such an asset does not give way to others. */
export class UseCounts {
  readonly #uses = new Map<AssetId, Use>();

  isInUse(assetId: AssetId): boolean {
    return this.#uses.has(assetId);
  }
  retain(assetId: AssetId, slot: Slot = NONE): void {
    const use = this.#uses.get(assetId);
    if (!use) this.#uses.set(assetId, { count: 1, slot });
    else {
      use.count += 1;
      if (slot !== NONE) use.slot = slot;
    }
  }
  release(assetId: AssetId): void {
    const use = this.#uses.get(assetId);
    if (!use) return;
    use.count -= 1;
    if (use.count <= 0) this.#uses.delete(assetId);
  }
  /** The slots of those in use, as they were: another asset may have one by now. */
  *slotsInUse(): Generator<Slot> {
    for (const { slot } of this.#uses.values()) if (slot !== NONE) yield slot;
  }
}
