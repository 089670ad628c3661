import type { AssetId, OcaId, TitleId } from '#domain/ids.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import { yieldToOthers } from '../slices.ts';
import type { AssetIndex } from './asset-index.ts';

/** Of so many assets the digest is made anew in some milliseconds, whenever somebody asks. */
const QUICK_ASSETS_MAX = 10_000;
/** Whoever asks for a digest of many assets may wait for this many times through them; then the one before must do. */
const PASSES_MAX = 4;
const STEPS_A_PASS = 256;

/** Says what is held. Nothing is kept of the message, which may be large; of the digest there is always a last one. */
export class HeldInventory {
  readonly #index: AssetIndex;
  readonly #ocaId: OcaId;
  #lastDigest: string | undefined;

  constructor(index: AssetIndex, ocaId: OcaId) {
    this.#index = index;
    this.#ocaId = ocaId;
  }

  /** The digest of what is held now; of many assets, of what was held when somebody refreshed it. */
  get digest(): string {
    if (this.#lastDigest === undefined || this.#index.assetCount <= QUICK_ASSETS_MAX)
      this.#lastDigest = this.#index.digest();
    return this.#lastDigest;
  }

  /** Makes the digest anew, in slices. Changes that come faster than that leave it as it was. */
  async refreshed(): Promise<string> {
    for (let step = 0; step < PASSES_MAX * STEPS_A_PASS; step += 1) {
      if (!this.#index.prepareDigest()) {
        this.#lastDigest = this.#index.digest();
        break;
      }
      if (this.#index.assetCount > QUICK_ASSETS_MAX) await yieldToOthers();
    }
    return this.digest;
  }

  /** The whole message, made at once. */
  message(): OcaInventory {
    const titles = [...assetIdsByTitle(this.#index)].map(([titleId, assetIds]) => ({
      titleId,
      assetIds,
    }));
    this.#lastDigest = this.#index.digest();
    return { version: 1, ocaId: this.#ocaId, digest: this.#lastDigest, titles };
  }
}

/** Titles and ids in their order. */
function assetIdsByTitle({ table }: AssetIndex): [TitleId, AssetId[]][] {
  const { names, assets } = table;
  const slotsByTitle = new Map<number, Set<number>>();
  for (let row = 0; row < names.rows.count; row += 1) {
    const slot = names.slotOf(row);
    if (slot < 0) continue;
    const known = slotsByTitle.get(names.titleOf(row));
    if (known) known.add(slot);
    else slotsByTitle.set(names.titleOf(row), new Set([slot]));
  }
  return [...slotsByTitle]
    .map(([title, slots]): [TitleId, AssetId[]] => {
      const inOrder = [...slots].sort((one, other) => assets.compareIds(one, other));
      const titleId = names.titles.text(title) as TitleId;
      return [titleId, inOrder.map((slot) => assets.assetId(slot))];
    })
    .sort(([one], [other]) => Number(one > other) - Number(one < other));
}
