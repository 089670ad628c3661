import type { DiskId, ParityGroupId } from '../ids.ts';
import { bytes } from '../units.ts';
import type { DataFile, GroupChange } from './parity-group.ts';
import type { RowRoom } from './row-room.ts';

export interface Limits {
  /** k, or fewer where there are fewer disks than k + m. */
  readonly membersMax: number;
  /** k. */
  readonly columnCount: number;
  readonly room: RowRoom;
}

/**
 * In a group no member is much smaller than the largest: what is missing counts as zeros, and parity would protect little.
 * So holes wait for assets that are worth them. Assumption: a quarter.
 */
const SIZE_RATIO_MIN = 1 / 4;
export const areAlike = (oneBytes: number, otherBytes: number): boolean =>
  Math.min(oneBytes, otherBytes) >= SIZE_RATIO_MIN * Math.max(oneBytes, otherBytes);

/** A group while a plan is made. */
export class DraftGroup {
  readonly replaces: ParityGroupId[] = [];
  readonly #limits: Limits;
  readonly #columns: (DataFile | undefined)[];
  readonly #rows: readonly (DiskId | undefined)[];
  readonly #memberDisks = new Set<DiskId>();
  #lengthBytes = 0;
  #isChanged: boolean;

  /** @param present an existing group as it is to stay at least, and whether that is a change already. */
  constructor(
    limits: Limits,
    present?: {
      readonly groupId: ParityGroupId;
      readonly columns: readonly (DataFile | undefined)[];
      readonly rows: readonly (DiskId | undefined)[];
      readonly isBroken: boolean;
    },
  ) {
    this.#limits = limits;
    this.#columns = Array.from({ length: limits.columnCount });
    this.#rows = present?.rows ?? [];
    present?.columns.forEach((file, column) => {
      if (file) this.#put(file, column);
    });
    if (present) this.replaces.push(present.groupId);
    this.#isChanged = present?.isBroken ?? false;
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }
  get memberCount(): number {
    return this.#memberDisks.size;
  }
  get lengthBytes(): number {
    return this.#lengthBytes;
  }
  get files(): DataFile[] {
    return this.#columns.filter((file) => file !== undefined);
  }
  get isFull(): boolean {
    return this.memberCount >= this.#limits.membersMax;
  }

  /** There is a column, no other member on its disk, and room for rows of the size that they would have. */
  accepts(...files: readonly DataFile[]): boolean {
    const disks = new Set(this.#memberDisks);
    for (const { diskId } of files) disks.add(diskId);
    const count = this.memberCount + files.length;
    const lengthBytes = Math.max(this.#lengthBytes, ...files.map(({ sizeBytes }) => sizeBytes));
    return (
      disks.size === count &&
      count <= this.#limits.membersMax &&
      this.#limits.room.fits(lengthBytes, disks)
    );
  }

  add(file: DataFile): void {
    this.#put(file, this.#columns.indexOf(undefined));
    this.#isChanged = true;
  }

  /** Takes the members of another group in, which is then replaced too. */
  absorb(other: DraftGroup): void {
    for (const file of other.files) this.add(file);
    this.replaces.push(...other.replaces);
  }

  /** Takes room for the rows. Undefined when there is none. */
  settle(): GroupChange | undefined {
    const { replaces } = this;
    if (this.memberCount === 0) return { replaces, columns: [], rows: [], lengthBytes: bytes(0) };
    const rows = this.#limits.room.take(this.#lengthBytes, this.#memberDisks, this.#rows);
    if (!rows) return undefined;
    return { replaces, columns: this.#columns, rows, lengthBytes: bytes(this.#lengthBytes) };
  }

  #put(file: DataFile, column: number): void {
    this.#columns[column] = file;
    this.#memberDisks.add(file.diskId);
    this.#lengthBytes = Math.max(this.#lengthBytes, file.sizeBytes);
  }
}
