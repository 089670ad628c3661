import { bytes } from '#domain/units.ts';
import type { AssetStore } from '../store/asset-store.ts';
import type { Volume } from '../store/volume.ts';
import type { UpkeepTask } from './upkeep-task.ts';

/** Kept free below the watermark, so that what comes seldom waits for what must go. Assumption: a hundredth. */
const HEADROOM_SHARE = 0.01;
/** Large disks need no more: some ten assets. Assumption. */
const HEADROOM_BYTES_MAX = 64 * 2 ** 30;

export const headroomBytesOf = (capacityBytes: number): number =>
  Math.floor(Math.min(capacityBytes * HEADROOM_SHARE, HEADROOM_BYTES_MAX));

/** Lets go what may not be held any more, and keeps every disk a little below its watermark. */
export class EvictToWatermark implements UpkeepTask {
  readonly name = 'evict';
  evictedBytes = 0;
  readonly #store: AssetStore;
  #disks: Volume[] = [];

  constructor(store: AssetStore) {
    this.#store = store;
  }

  /** Looks after one disk. */
  async step(): Promise<boolean> {
    if (this.#disks.length === 0)
      this.#disks = [...this.#store.volumes].filter((volume) => volume.isWritable);
    const volume = this.#disks.pop();
    if (!volume) return false;
    if (!volume.isWritable) return this.#disks.length > 0;
    const endedBytes = await this.#store.evictEnded(volume);
    const headroomBytes = bytes(headroomBytesOf(volume.disk.capacityBytes));
    const freedBytes = await this.#store.evictTo(volume, headroomBytes);
    this.evictedBytes += endedBytes + freedBytes;
    return this.#disks.length > 0;
  }
}
