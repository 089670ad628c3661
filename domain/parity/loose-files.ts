import type { DiskId } from '../ids.ts';
import type { DataFile } from './parity-group.ts';

/** Assets without a group, by disk and size, while a plan is made. */
export class LooseFiles {
  /** Ascending by size, so that the largest goes first at no cost. */
  readonly #filesByDisk = new Map<DiskId, DataFile[]>();

  constructor(files: readonly DataFile[]) {
    for (const file of files) {
      const queue = this.#filesByDisk.get(file.diskId);
      if (queue) queue.push(file);
      else this.#filesByDisk.set(file.diskId, [file]);
    }
    for (const queue of this.#filesByDisk.values()) queue.sort(bySize);
  }

  get diskIds(): Iterable<DiskId> {
    return this.#filesByDisk.keys();
  }

  /** Those that are left. */
  get files(): DataFile[] {
    return [...this.#filesByDisk.values()].flat();
  }

  count(diskId: DiskId): number {
    return this.#filesByDisk.get(diskId)?.length ?? 0;
  }

  get largest(): DataFile | undefined {
    let largest: DataFile | undefined;
    for (const queue of this.#filesByDisk.values()) {
      const head = queue.at(-1);
      if (head && (!largest || bySize(head, largest) > 0)) largest = head;
    }
    return largest;
  }

  /** The largest of a disk that is not larger than this. */
  largestUpTo(diskId: DiskId, sizeBytesMax: number): DataFile | undefined {
    const queue = this.#filesByDisk.get(diskId) ?? [];
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((queue[middle]?.sizeBytes ?? 0) <= sizeBytesMax) low = middle + 1;
      else high = middle;
    }
    return queue[low - 1];
  }

  take(file: DataFile): void {
    const queue = this.#filesByDisk.get(file.diskId);
    const at = queue?.lastIndexOf(file) ?? -1;
    if (at >= 0) queue?.splice(at, 1);
  }
}

const bySize = (one: DataFile, other: DataFile): number =>
  one.sizeBytes - other.sizeBytes || (one.assetId < other.assetId ? -1 : 1);
