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
  /** By number: 1 for these disks, 0 for all others and for none. */
  maskOf(diskIds: ReadonlySet<DiskId>): Uint8Array {
    const mask = new Uint8Array(NO_DISK + 1);
    for (const diskId of diskIds) mask[this.numberOf(diskId)] = 1;
    mask[NO_DISK] = 0;
    return mask;
  }
}
