import type { AssetName, HeldAsset } from './asset.ts';

type Name = Pick<AssetName, 'titleId' | 'file'>;

/**
 * Follows what names mean and where that lies, e.g. to keep the serving tree. It is told when the index says so already,
 * and the store waits for it before it lets the bytes of before go. Neither call rejects.
 */
export interface NameWatcher {
  /** These names mean an asset that lies here now: it came, got a name, or moved. */
  placed(asset: HeldAsset, names: readonly Name[]): Promise<void>;
  /** These names mean nothing that is held any more. */
  withdrawn(names: readonly Name[]): Promise<void>;
}
