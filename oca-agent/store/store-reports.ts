import type { OcaId } from '#domain/ids.ts';
import { bytes } from '#domain/units.ts';
import { TIERS } from '#protocol/fields.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import type { DiskReport, TierReport } from '#protocol/oca-report.ts';
import type { AssetStore } from './asset-store.ts';

export function diskReports(store: AssetStore): DiskReport[] {
  return [...store.volumes].map(({ disk, failure }) => ({
    diskId: disk.diskId,
    tier: disk.tier,
    state: failure === undefined ? 'healthy' : 'failed',
    ...(failure === undefined ? {} : { reason: failure }),
    capacityBytes: disk.capacityBytes,
    usedBytes: bytes(store.index.usageOfDisk(disk.diskId).usedBytes),
  }));
}

/** What the healthy disks of each tier add up to; tiers without a disk are left out. */
export function tierReports(store: AssetStore): TierReport[] {
  return TIERS.flatMap((tier) => {
    const disks = [...store.volumes].filter(({ disk }) => disk.tier === tier);
    if (disks.length === 0) return [];
    const healthy = disks.filter(({ failure }) => failure === undefined);
    const usages = healthy.map(({ disk }) => store.index.usageOfDisk(disk.diskId));
    return [
      {
        tier,
        capacityBytes: bytes(sum(healthy.map(({ disk }) => disk.capacityBytes))),
        usedBytes: bytes(sum(usages.map((usage) => usage.usedBytes))),
        assetCount: sum(usages.map((usage) => usage.assetCount)),
      },
    ];
  });
}

/** Says what is held, and computes it anew only after a change. */
export function inventoryOf(store: AssetStore, ocaId: OcaId): () => OcaInventory {
  let known: { revision: number; inventory: OcaInventory } | undefined;
  return () => {
    const { revision } = store.index;
    if (known?.revision !== revision) {
      const titles = [...store.index.assetIdsByTitle()].map(([titleId, assetIds]) => ({
        titleId,
        assetIds,
      }));
      known = { revision, inventory: { version: 1, ocaId, digest: store.index.digest(), titles } };
    }
    return known.inventory;
  };
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
