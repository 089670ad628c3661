import type { DiskId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';

/** Stands for no disk. */
export const NO_DISK = 255;

/** Small numbers for disks, so that a place takes one byte. */
export class DiskNumbers {
  readonly #diskIds: DiskId[] = [];
  readonly #numbers = new Map<DiskId, number>();

  numberOf(diskId: DiskId): number {
    const known = this.#numbers.get(diskId);
    if (known !== undefined) return known;
    const number = this.#diskIds.length;
    invariant(number < NO_DISK, 'an appliance has fewer than 255 disks');
    this.#diskIds.push(diskId);
    this.#numbers.set(diskId, number);
    return number;
  }
  diskIdOf(number: number): DiskId | undefined {
    return this.#diskIds[number];
  }
  isIn(number: number, diskIds: ReadonlySet<DiskId>): boolean {
    const diskId = this.#diskIds[number];
    return diskId !== undefined && diskIds.has(diskId);
  }
}
