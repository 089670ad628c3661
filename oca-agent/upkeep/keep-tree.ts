import type { AssetStore } from '../store/asset-store.ts';
import type { ServingTree } from '../store/serving-tree.ts';
import type { UpkeepTask } from './upkeep-task.ts';

/** Tells the serving tree anew at the start, and whenever a disk has gone or come back: its links lead nowhere, or somewhere again. */
export class KeepTree implements UpkeepTask {
  readonly name = 'tree';
  readonly #store: AssetStore;
  readonly #tree: ServingTree;
  #readable: string | undefined;

  constructor(store: AssetStore, tree: ServingTree) {
    this.#store = store;
    this.#tree = tree;
  }

  async step(signal: AbortSignal): Promise<boolean> {
    const readable = [...this.#store.volumes]
      .filter((volume) => volume.isReadable)
      .map(({ disk }) => disk.diskId)
      .join();
    if (readable === this.#readable) return false;
    await this.#tree.reconcile(signal);
    this.#readable = readable;
    return true;
  }
}
