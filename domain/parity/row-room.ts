import type { DiskId } from '../ids.ts';
import type { ParityDisk } from './parity-group.ts';

/** What parity files may still take of the disks, while a plan is made. */
export class RowRoom {
  readonly #rowCount: number;
  readonly #freeBytesByDisk: Map<DiskId, number>;

  constructor(disks: readonly ParityDisk[], rowCount: number) {
    this.#rowCount = rowCount;
    const writable = disks.filter(({ isWritable }) => isWritable);
    this.#freeBytesByDisk = new Map(writable.map(({ diskId, freeBytes }) => [diskId, freeBytes]));
  }

  /** There is a disk for each row, other than those of the members. */
  fits(lengthBytes: number, memberDisks: ReadonlySet<DiskId>): boolean {
    let count = 0;
    for (const [diskId, freeBytes] of this.#freeBytesByDisk) {
      if (freeBytes >= lengthBytes && !memberDisks.has(diskId)) count += 1;
      if (count === this.#rowCount) return true;
    }
    return false;
  }

  /**
   * Takes room for all rows: on the disks where they are, if possible, else where most is free. Undefined, and nothing
   * taken, when there is no room.
   */
  take(
    lengthBytes: number,
    memberDisks: ReadonlySet<DiskId>,
    present: readonly (DiskId | undefined)[],
  ): DiskId[] | undefined {
    const free = new Map(
      [...this.#freeBytesByDisk]
        .filter(([diskId, freeBytes]) => freeBytes >= lengthBytes && !memberDisks.has(diskId))
        .sort(([one, its], [other, others]) => others - its || (one < other ? -1 : 1)),
    );
    const rows: (DiskId | undefined)[] = Array.from({ length: this.#rowCount }, (_, row) => {
      const diskId = present[row];
      return diskId !== undefined && free.delete(diskId) ? diskId : undefined;
    });
    const others = free.keys();
    const chosen = rows.map((diskId) => diskId ?? others.next().value);
    if (!chosen.every((diskId) => diskId !== undefined)) return undefined;
    for (const diskId of chosen)
      this.#freeBytesByDisk.set(diskId, (this.#freeBytesByDisk.get(diskId) ?? 0) - lengthBytes);
    return chosen;
  }
}
