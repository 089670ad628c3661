import { join } from 'node:path';
import type { DiskId } from '#domain/ids.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { planePaths } from '../delivery/nginx/plane-paths.ts';
import { GATE_LIMITS } from '../disks/disk-gate.ts';
import type { Log } from '../log.ts';
import type { ParityKeeper } from '../parity/parity-keeper.ts';
import { parityTasks } from '../parity/parity-tasks.ts';
import type { Platform } from '../platform/platform.ts';
import type { HeldAsset } from '../store/asset.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { ServingTree } from '../store/serving-tree.ts';
import { AssetVerifier } from './asset-verifier.ts';
import { EvictToWatermark } from './evict-to-watermark.ts';
import { KeepTree } from './keep-tree.ts';
import { MendUnreadable } from './mend-unreadable.ts';
import { MoveAssets } from './move-assets.ts';
import { Scrub } from './scrub.ts';
import { ScrubBook } from './scrub-book.ts';
import { Upkeep } from './upkeep.ts';
import { UpkeepPacer } from './upkeep-pace.ts';

export interface StoreUpkeepOptions {
  readonly config: Pick<
    AgentConfig,
    'maintenanceBitsPerSecond' | 'scrubPeriodDays' | 'servingTree' | 'stateDirectory'
  > &
    Partial<Pick<AgentConfig, 'delivery'>>;
  readonly platform: Pick<Platform, 'clock' | 'fileSystem'>;
  readonly store: AssetStore;
  /** Absent where parity is off. */
  readonly keeper: ParityKeeper | undefined;
  /** How busy delivery is: 1 is all that it can do. */
  readonly deliveryPressure: () => number;
  readonly log: Log;
}

/** All that is done to the store in the background: its tasks, what they share, and the serving tree. */
export class StoreUpkeep {
  readonly verifier: AssetVerifier;
  readonly scrub: Scrub;
  readonly moves: MoveAssets;
  readonly #upkeep: Upkeep;
  readonly #book: ScrubBook;

  constructor(options: StoreUpkeepOptions) {
    const { config, store, keeper, log, deliveryPressure } = options;
    const { clock, fileSystem } = options.platform;
    const pressure = (diskId: DiskId) => Math.max(deliveryPressure(), diskPressure(store, diskId));
    const pace = new UpkeepPacer(clock, config.maintenanceBitsPerSecond, pressure).take;
    const { scrubPeriodDays: periodDays } = config;
    this.#book = new ScrubBook(fileSystem, join(config.stateDirectory, 'scrub.json'));
    this.verifier = new AssetVerifier({ store, reconstruction: keeper, log });
    const { verifier } = this;
    const book = this.#book;
    this.scrub = new Scrub({ store, keeper, verifier, book, pace, clock, log, periodDays });
    this.moves = new MoveAssets({ store, verifier, pace, clock, log });
    const parity = keeper ? parityTasks({ keeper, store, verifier, pace }) : [];
    const mend = new MendUnreadable({ store, verifier, pace });
    store.onUnreadable = ({ assetId }) => {
      mend.note(assetId);
      this.wake();
    };
    const tree = servingTreeOf(options);
    store.nameWatcher = tree;
    const lanes = [
      [new EvictToWatermark(store)],
      [mend, ...parity],
      [this.moves],
      ...this.scrub.disks.map((task) => [task]),
      ...(tree ? [[new KeepTree(store, tree)]] : []),
    ];
    this.#upkeep = new Upkeep({ lanes, clock, log });
  }

  /** Runs until `signal` aborts, and keeps how far it has come. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#book.load();
    await this.#upkeep.run(signal);
    await this.scrub.close();
  }

  /** There may be work: look now. */
  wake(): void {
    this.#upkeep.wake();
  }

  status() {
    return this.#upkeep.status();
  }
}

/** More than one operation besides our own at a time is somebody else's. */
function diskPressure(store: AssetStore, diskId: DiskId): number {
  const volume = store.volume(diskId);
  if (!volume) return 0;
  const { inFlight, queued } = volume.load;
  return Math.max(0, inFlight + queued - 1) / GATE_LIMITS[volume.disk.tier].inFlightMax;
}

function servingTreeOf({ config, platform, store, log }: StoreUpkeepOptions) {
  const { servingTree, stateDirectory, delivery } = config;
  const folder = delivery?.nginx ? planePaths(stateDirectory, servingTree).tree : servingTree;
  if (folder === undefined) return undefined;
  const pathOf = ({ assetId, diskId }: HeldAsset) => {
    const volume = store.volume(diskId);
    return volume?.isReadable ? volume.assetPath(assetId) : undefined;
  };
  return new ServingTree({ folder, names: store.index, pathOf, files: platform.fileSystem, log });
}
