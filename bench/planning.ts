import { createHash } from 'node:crypto';
import type { AssetId, DiskId, OcaId, SiteId, TitleId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { bitsPerSecond, bytes, epochMs, seconds } from '#domain/units.ts';
import { signFillPlan } from '#protocol/fill-plan.ts';
import type { OcaRegistration } from '#protocol/oca-registration.ts';
import type { Site } from '#protocol/site.ts';
import {
  draftPlan,
  itemsDigest,
  type PlannableAsset,
  planSite,
} from '../lambda/fill-planner/site-plans.ts';
import type { BenchmarkOutcome } from './outcome.ts';
import { rounded } from './statistics.ts';

const OCAS_PER_SITE = 6;
const ASSET_COUNTS = [20_000, 200_000];
/** Mean size of an asset when 2 million fill 670 TB. Source: the scale that the design plans for. */
const ASSET_MEAN_BYTES = 335e6;
const FILES_PER_TITLE = 67;
const PLAN_LIFETIME = seconds(72 * 3600);

/**
 * CPU time of planning one site, without reading and writing: placement, drafts, digests and signatures of six OCAs. By
 * it the batches of the planning state machine are sized.
 */
export async function benchmarkPlanning(): Promise<BenchmarkOutcome> {
  const rows = [];
  for (const count of ASSET_COUNTS) rows.push(await planOnce(count));
  return { benchmark: 'planning', rows };
}

async function planOnce(count: number): Promise<Record<string, number>> {
  const assets = plannable(count);
  const { privateKey } = (await crypto.subtle.generateKey('Ed25519', false, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const before = process.cpuUsage();
  const planned = planSite(assets, registrations(), new Map());
  let planBytes = 0;
  for (const [ocaId, items] of planned) {
    const order = { window: 'next', isForced: false } as const;
    const draft = draftPlan({ ocaId, site: SITE, items, order, lifetime: PLAN_LIFETIME, now: NOW });
    itemsDigest(items);
    const plan = { ...draft, planVersion: 1 };
    const envelope = await signFillPlan(plan, { kid: 'bench', privateKey });
    planBytes += envelope.payload.length;
  }
  const { user, system } = process.cpuUsage(before);
  return {
    assets: count,
    OCAs: planned.size,
    'plans MB': rounded(planBytes / 1e6, 1),
    'CPU s a site': rounded((user + system) / 1e6),
  };
}

const NOW = epochMs(Date.UTC(2026, 10, 23));
const SITE: Site = {
  siteId: 'bench' as SiteId,
  name: 'Bench',
  kind: 'isp',
  location: { latitude: 0, longitude: 0 },
  timeZone: 'America/New_York',
  footprint: [],
  fill: {
    windowStart: '02:00',
    windowEnd: '08:00',
    ocaBitsPerSecond: bitsPerSecond(4e9),
    siteBitsPerSecond: bitsPerSecond(24e9),
  },
  ocas: [],
};

function plannable(count: number): PlannableAsset[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, index) => ({
    assetId: createHash('sha256').update(String(index)).digest('hex') as AssetId,
    titleId: `title-${Math.floor(index / FILES_PER_TITLE)}` as TitleId,
    file: `video-${index % FILES_PER_TITLE}.mp4`,
    sizeBytes: bytes(Math.ceil(2 * random.next() * ASSET_MEAN_BYTES)),
    contentType: 'video/mp4',
    etag: `"${index}"`,
    popularity: 1000 / (1 + Math.floor(index / FILES_PER_TITLE)),
  }));
}

/** Two flash and three hdd disks each, as config/example.yaml has them. */
const registrations = (): OcaRegistration[] =>
  Array.from({ length: OCAS_PER_SITE }, (_, index) => ({
    version: 1,
    ocaId: `oca-${index}` as OcaId,
    siteId: SITE.siteId,
    bootId: 'bench-boot',
    softwareVersion: 'bench',
    deliveryUrl: 'https://oca.example.com',
    disks: [
      ...[1, 2].map((disk) => ({
        diskId: `flash-${disk}` as DiskId,
        tier: 'flash' as const,
        capacityBytes: bytes(7.68e12),
      })),
      ...[1, 2, 3].map((disk) => ({
        diskId: `hdd-${disk}` as DiskId,
        tier: 'hdd' as const,
        capacityBytes: bytes(20e12),
      })),
    ],
  }));
