import type { Slot } from '#domain/eviction/policy.ts';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import { type Bytes, type EpochMs, epochMs } from '#domain/units.ts';
import type { Tier } from '#protocol/fields.ts';

/** A verified file on one disk. Its id is the SHA-256 of its bytes. */
export interface HeldAsset {
  readonly assetId: AssetId;
  readonly diskId: DiskId;
  readonly tier: Tier;
  readonly sizeBytes: Bytes;
  /** Its place in the index as long as it is held; another asset gets it after that. */
  readonly slot: Slot;
}

/** A name under which clients ask for an asset, and what they are told with it. One asset may have several. */
export interface AssetName {
  readonly titleId: TitleId;
  readonly file: string;
  readonly etag: string;
  readonly contentType: string;
  /** When an upstream last said that this name means this asset. */
  readonly fetchedAt: EpochMs;
}

/** The `fetchedAt` of a name that a soft purge has put in doubt: an upstream must confirm it before it is used again. */
export const DOUBTED_AT = epochMs(0);
export const isDoubted = ({ fetchedAt }: Pick<AssetName, 'fetchedAt'>): boolean =>
  fetchedAt === DOUBTED_AT;

export interface NamedAsset extends HeldAsset, AssetName {
  /** The fill plan in force wants exactly this asset under exactly this name. */
  readonly isPlanned: boolean;
}
