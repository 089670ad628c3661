import { DEFAULT_EVICTION_POLICY, type EvictionPolicyName } from '#domain/eviction/policy.ts';
import type { DiskId } from '#domain/ids.ts';
import { SURPRISE_SHARE_DEFAULT } from '#domain/topology/watermarks.ts';
import type { ParityDeclaration } from '#protocol/oca-registration.ts';
import type { Log } from '../log.ts';
import { clearParity } from '../parity/clear-parity.ts';
import { openProtection, protectionOf } from '../parity/open-protection.ts';
import type { ParityKeeper } from '../parity/parity-keeper.ts';
import type { Platform } from '../platform/platform.ts';
import type { AssetIndex } from './asset-index.ts';
import { AssetStore } from './asset-store.ts';
import { Eviction } from './eviction.ts';
import { inspectIndex, openIndex } from './index-files/open-index.ts';
import { type DiskNews, mountVolumes } from './mount-volumes.ts';
import type { Protection } from './protection.ts';
import { Rooms } from './room.ts';
import { UseCounts } from './use-counts.ts';
import type { DiskSettings, Volume } from './volume.ts';

export interface OpenStoreOptions {
  readonly platform: Pick<Platform, 'clock' | 'fileSystem' | 'openDatabase' | 'random'>;
  readonly stateDirectory: string;
  readonly disks: readonly DiskSettings[];
  /** Disks that were in use before: they must bring their marker. */
  readonly knownDiskIds: ReadonlySet<DiskId>;
  /** Each disk must be the root of a filesystem. Absent: folders will do. */
  readonly requireMountPoints?: boolean;
  readonly eviction?: EvictionSettings;
  /** Absent: parity is off. */
  readonly parity?: ParityDeclaration | undefined;
  /** The disks are gone through from then on, so that the first clients need not wait for that. Absent: at once. */
  readonly isServing?: Promise<void>;
  readonly log: Log;
}

interface EvictionSettings {
  readonly policy: EvictionPolicyName;
  readonly surpriseShare: number;
}

export interface ProtectedStore {
  readonly store: AssetStore;
  /** Undefined where parity is off. */
  readonly keeper: ParityKeeper | undefined;
}

const DEFAULT_EVICTION: EvictionSettings = {
  policy: DEFAULT_EVICTION_POLICY,
  surpriseShare: SURPRISE_SHARE_DEFAULT,
};

/** Opens the store as {@link openProtectedStore} does, for those who do not look after its parity. */
export const openStore = async (options: OpenStoreOptions): Promise<AssetStore> =>
  (await openProtectedStore(options)).store;

/**
 * Opens the store: index opened or begun anew, disks mounted and leftovers of transfers removed. It serves at once from
 * what is indexed; that index and disks agree is seen to in the background. The disks are right; the index is their
 * cache. @throws CdnError `disk-foreign`, `store-newer`, `config-invalid`, `folder-unwritable` before anything was
 * touched.
 */
export async function openProtectedStore(options: OpenStoreOptions): Promise<ProtectedStore> {
  const { platform, log, stateDirectory, parity, isServing } = options;
  let opened: ProtectedStore | undefined;
  await inspectIndex(options);
  const volumes = await mountVolumes(
    options,
    newsFor(() => opened),
  );
  const index = await openIndex(options);
  const keeper = openProtection({ platform, stateDirectory, parity, index, volumes, log });
  const store = newStore(options, { index, volumes, protection: protectionOf(keeper) });
  opened = { store, keeper };
  const reconciled = isServing ? isServing.then(() => store.reconcileAll()) : store.reconcileAll();
  if (keeper) void keeper.load(reconciled).then(() => store.forgetFailedDisks());
  else store.reconciled = reconciled.then(() => clearParity({ ...options, ...platform, volumes }));
  return opened;
}

/** What happens when a disk goes or comes; before the store is open, its opening sees to that. */
function newsFor(opened: () => ProtectedStore | undefined): DiskNews {
  return {
    onFailure: ({ disk }) => void opened()?.store.forgetDisk(disk.diskId),
    onReturned: (volume) => void opened()?.store.welcome(volume),
    onReplaced({ disk }) {
      opened()?.keeper?.noteReplaced(disk.diskId);
      void opened()?.store.forgetReplaced(disk.diskId);
    },
  };
}

function newStore(
  { platform, log, eviction: settings = DEFAULT_EVICTION }: OpenStoreOptions,
  parts: {
    readonly index: AssetIndex;
    readonly volumes: ReadonlyMap<DiskId, Volume>;
    readonly protection: Protection;
  },
): AssetStore {
  const { clock, random } = platform;
  const { policy, surpriseShare } = settings;
  const rooms = new Rooms({ ...parts, surpriseShare });
  const capacityBytes = (diskId: DiskId) => {
    const volume = parts.volumes.get(diskId);
    return volume ? rooms.usableBytes(volume.disk) * (surpriseShare || 1) : 0;
  };
  const uses = new UseCounts();
  const eviction = new Eviction({ ...parts, uses, policy, capacityBytes, clock, random });
  return new AssetStore({ ...parts, rooms, eviction, uses, clock, random, log });
}
