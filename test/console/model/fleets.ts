import type { OcaId, SiteId } from '#domain/ids.ts';
import type { BitsPerSecond, Bytes, EpochMs } from '#domain/units.ts';
import type { FleetView, OcaView } from '#protocol/fleet-view.ts';
import type { FillReport, OcaReport } from '#protocol/oca-report.ts';

export const NOW = 1_800_000_000_000 as EpochMs;

export const fillOf = (some: Partial<FillReport> = {}): FillReport => ({
  planVersion: 3,
  state: 'complete',
  assetsDone: 6,
  assetsTotal: 6,
  bytesDone: 12_000_000 as Bytes,
  bytesTotal: 12_000_000 as Bytes,
  fetched: [{ sourceId: 'cloudfront', fetchedBytes: 12_000_000 as Bytes }],
  ...some,
});

export const reportOf = (some: Partial<OcaReport> = {}): OcaReport => ({
  version: 1,
  ocaId: 'metro-1' as OcaId,
  bootId: 'boot-0001',
  sequence: 1,
  sentAt: NOW,
  state: 'in-service',
  reasons: [],
  load: { egressBitsPerSecond: 1.5e6 as BitsPerSecond, connections: 2 },
  tiers: [
    {
      tier: 'flash',
      capacityBytes: 100_000_000 as Bytes,
      usedBytes: 25_000_000 as Bytes,
      assetCount: 4,
    },
  ],
  disks: [],
  delivery: {
    requests: 4,
    hits: 3,
    misses: 1,
    refusals: 0,
    failures: 0,
    hitBytes: 300 as Bytes,
    missBytes: 100 as Bytes,
  },
  fill: fillOf(),
  inventoryDigest: '0'.repeat(64),
  ...some,
});

export const ocaOf = (some: Partial<OcaView> = {}): OcaView => ({
  ocaId: 'metro-1' as OcaId,
  siteId: 'isp-metro' as SiteId,
  siteName: 'Metro ISP',
  siteKind: 'isp',
  desiredState: 'in-service',
  state: 'in-service',
  reasons: [],
  deliveryUrl: 'http://127.0.0.11:8080',
  reportedAt: NOW,
  report: reportOf(),
  ...some,
});

export const fleetOf = (...ocas: OcaView[]): FleetView => ({ asOf: NOW, ocas });
