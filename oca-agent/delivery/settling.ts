import type { AssetName } from '../store/asset.ts';

/** What was purged a short while ago. */
export interface Settling {
  /** What an upstream brings under this name now may be what was purged: it is passed on, and not kept. */
  isSettling(name: Pick<AssetName, 'titleId' | 'file'>): boolean;
}
