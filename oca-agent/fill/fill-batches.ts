import type { AssetId } from '#domain/ids.ts';
import type { EpochMs } from '#domain/units.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import type { AssetName } from '../store/asset.ts';

/** One asset to be fetched, and all names that the plan gives it. */
export interface FillJob {
  readonly item: FillPlanItem;
  readonly items: readonly FillPlanItem[];
}

/** Few enough that the ranking of their sources is fresh when the last of them is fetched. Assumption. */
const BATCH_ASSETS_MAX = 100;
/** The token for a batch names its titles, and may be 1,024 characters long. Source: domain/tokens/session-token.ts. */
const BATCH_TITLES_MAX = 5;

/** One job for each asset, in the order of the items. */
export function jobsOf(items: readonly FillPlanItem[]): FillJob[] {
  const itemsByAsset = new Map<AssetId, FillPlanItem[]>();
  for (const item of items) {
    const known = itemsByAsset.get(item.assetId);
    if (known) known.push(item);
    else itemsByAsset.set(item.assetId, [item]);
  }
  return [...itemsByAsset.values()].flatMap((members) => {
    const [item] = members;
    return item ? [{ item, items: members }] : [];
  });
}

/** Cuts jobs, in order, into lists for which fill sources are asked at once. */
export function batchesOf(jobs: readonly FillJob[]): FillJob[][] {
  const batches: FillJob[][] = [];
  let titles = new Set<string>();
  for (const job of jobs) {
    const batch = batches.at(-1);
    const isNewTitle = !titles.has(job.item.titleId);
    const isFull =
      batch === undefined ||
      batch.length >= BATCH_ASSETS_MAX ||
      (isNewTitle && titles.size >= BATCH_TITLES_MAX);
    if (isFull) {
      batches.push([job]);
      titles = new Set([job.item.titleId]);
    } else {
      batch.push(job);
      titles.add(job.item.titleId);
    }
  }
  return batches;
}

/** The names that a plan gives to one asset. */
export const namesOf = (items: readonly FillPlanItem[], fetchedAt: EpochMs): AssetName[] =>
  items.map(({ titleId, file, etag, contentType }) => ({
    titleId,
    file,
    etag,
    contentType,
    fetchedAt,
  }));
