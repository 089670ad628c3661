import { CdnError } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import type { AgentReport } from './agent-report.ts';
import type { ControlLink } from './control/control-link.ts';
import type { HttpCache } from './delivery/http-cache/http-cache.ts';
import type { FillEngine } from './fill/fill-engine.ts';
import type { Operations } from './management/management-server.ts';
import { evictAssets, forgetResponses, selectAssets } from './management/operations.ts';
import type { AssetStore } from './store/asset-store.ts';
import type { Volume } from './store/volume.ts';
import type { StoreUpkeep } from './upkeep/store-upkeep.ts';

export interface OperationsOptions {
  readonly store: AssetStore;
  readonly httpCache: HttpCache;
  readonly upkeep: StoreUpkeep;
  readonly engine: FillEngine;
  readonly link: ControlLink;
  readonly report: AgentReport;
  readonly inventory: () => OcaInventory;
  readonly setDrained: (isDrained: boolean) => void;
  readonly signal: AbortSignal;
}

/** What the operator orders on the management address. */
export function operationsOf(options: OperationsOptions): Operations {
  const { store, httpCache, upkeep, engine, link, report } = options;
  const takeIntoUse = async (diskId: DiskId, take: (volume: Volume) => Promise<void>) => {
    const volume = store.volume(diskId);
    if (!volume) throw new CdnError('not-found', `disk ${diskId} is not configured`);
    await take(volume).finally(() => link.reportNow());
    engine.wake();
    upkeep.wake();
    return report.status();
  };
  return {
    status: () => report.status(),
    inventory: options.inventory,
    setDrained(isDrained) {
      options.setDrained(isDrained);
      link.reportNow();
      return report.status();
    },
    fill() {
      link.pollPlanNow();
      engine.wake();
      return engine.report();
    },
    evict(selection) {
      forgetResponses(httpCache, selection);
      return evictAssets(store, selectAssets(store, selection));
    },
    // The operator waits for it: no pace.
    verify: (selection) =>
      upkeep.verifier.verify(selectAssets(store, selection), async () => {}, options.signal),
    scrub() {
      upkeep.scrub.hurry();
      upkeep.wake();
      return report.status().scrub;
    },
    replaceDisk: (diskId) => takeIntoUse(diskId, (volume) => volume.replace()),
    returnDisk: (diskId) => takeIntoUse(diskId, (volume) => volume.reinstate()),
  };
}
