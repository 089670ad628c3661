import { contentPathOf } from '#domain/delivery/path-grammar.ts';
import type { AssetId, TitleId } from '#domain/ids.ts';
import { type Decoder, list, object, optional, truth } from '#protocol/decode.ts';
import { assetId, titleId } from '#protocol/fields.ts';
import type { HttpCache } from '../delivery/http-cache/http-cache.ts';
import type { HeldAsset } from '../store/asset.ts';
import type { AssetStore } from '../store/asset-store.ts';
import type { RemovalVerdict } from '../store/intake.ts';

/** Which assets an operation is about: all when neither is given. */
export interface AssetSelection {
  readonly titleId?: TitleId;
  readonly assetIds?: readonly AssetId[];
}

export const assetSelection: Decoder<AssetSelection> = object({
  titleId: optional(titleId),
  assetIds: optional(list(assetId, { lengthMax: 100_000 })),
});
export const drainOrder = object({ draining: truth });

export interface EvictResult {
  readonly evicted: readonly AssetId[];
  readonly freedBytes: number;
  readonly kept: readonly { readonly assetId: AssetId; readonly reason: RemovalVerdict }[];
}

export function selectAssets(store: AssetStore, selection: AssetSelection): HeldAsset[] {
  if (selection.titleId !== undefined) return store.index.assetsOfTitle(selection.titleId);
  if (selection.assetIds === undefined) return [...store.index.assets()];
  return selection.assetIds.flatMap((id) => store.index.asset(id) ?? []);
}

/** What is kept in memory is never planned: of a title, or of all of them, it goes. It is no asset, and has no id. */
export function forgetResponses(httpCache: HttpCache, selection: AssetSelection): void {
  const { titleId: ofTitle, assetIds } = selection;
  if (ofTitle !== undefined)
    httpCache.forget((path) => path.startsWith(contentPathOf(ofTitle, '')), 'hard');
  else if (assetIds === undefined) httpCache.forget(() => true, 'hard');
}

/** Removes assets that no plan wants and nobody reads; says of the others why they stay. */
export async function evictAssets(
  store: AssetStore,
  assets: readonly HeldAsset[],
): Promise<EvictResult> {
  const evicted: AssetId[] = [];
  const kept: { assetId: AssetId; reason: RemovalVerdict }[] = [];
  let freedBytes = 0;
  for (const { assetId: id, sizeBytes } of assets) {
    const verdict = await store.remove(id, 'eviction');
    if (verdict === 'removed') {
      evicted.push(id);
      freedBytes += sizeBytes;
    } else kept.push({ assetId: id, reason: verdict });
  }
  return { evicted, freedBytes, kept };
}
