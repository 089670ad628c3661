import type { AssetId, DiskId, ParityGroupId } from '../ids.ts';
import type { Bytes } from '../units.ts';

/** A disk of the hdd tier that can be read. */
export interface ParityDisk {
  readonly diskId: DiskId;
  /** What parity files may still take of it. */
  readonly freeBytes: Bytes;
  /** Healthy, so that new parity files may lie there. */
  readonly isWritable: boolean;
}

/** A whole asset on one disk. */
export interface DataFile {
  readonly assetId: AssetId;
  readonly diskId: DiskId;
  readonly sizeBytes: Bytes;
}

export interface GroupMember extends DataFile {
  /** Nobody holds the asset any more; its bytes wait for the group to be written without it. */
  readonly isRetired: boolean;
}

/** A parity group as it stands. Column and row numbers are those of the codec. */
export interface ParityGroup {
  readonly groupId: ParityGroupId;
  /** A hole counts as zeros. */
  readonly columns: readonly (GroupMember | undefined)[];
  /** Where each row lies; undefined where it is lost. */
  readonly rows: readonly (DiskId | undefined)[];
}

/**
 * A group to be written whole, then the groups that it replaces go. Without columns: they only go. A member that one of the
 * replaced groups had first stays in its column, so that the new rows may be made from the old ones.
 */
export interface GroupChange {
  readonly replaces: readonly ParityGroupId[];
  readonly columns: readonly (DataFile | undefined)[];
  /** A disk for each row. */
  readonly rows: readonly DiskId[];
  /** Of each row: the size of the largest member. */
  readonly lengthBytes: Bytes;
}
