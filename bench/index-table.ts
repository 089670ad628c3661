import type { DiskId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { epochMs } from '#domain/units.ts';
import { AssetIndex } from '../oca-agent/store/asset-index.ts';
import { ASSET_BYTES, assetNumber, namesOfAssets } from './catalogue-of-assets.ts';
import { median } from './statistics.ts';

const ROUNDS = 5;
const LOOK_UPS = 1_000_000;
const DISKS = 44;
const now = epochMs(1_800_000_000_000);

/** What one process measured with an index of so many assets in memory, in seconds of its CPU. */
export interface TableFigures {
  readonly tableBytes: number;
  readonly residentBytes: number;
  readonly findsPerSecond: number;
  readonly lookUpsPerSecond: number;
  readonly addsPerSecond: number;
  readonly digestSeconds: number;
}

/** Runs in a process of its own, so that its memory is that of the table: `index-table.ts COUNT`, figures to stdout. */
function measure(count: number): TableFigures {
  const index = new AssetIndex();
  const added = cpuSeconds(() => fill(index, count));
  const { titleOf, fileOf } = namesOfAssets(count);
  const random = seededRandom(11);
  const asked = Uint32Array.from({ length: LOOK_UPS }, () => Math.floor(random.next() * count));
  let found = 0;
  const finds = () => {
    for (const n of asked) if (index.find(titleOf(n), fileOf(n))) found += 1;
  };
  const { names, assets } = index.table;
  const lookUps = () => {
    for (const n of asked)
      if (assets.isHeld(names.slotOf(names.find(titleOf(n), fileOf(n))))) found += 1;
  };
  const findSeconds = median(Array.from({ length: ROUNDS }, () => cpuSeconds(finds)));
  const lookUpSeconds = median(Array.from({ length: ROUNDS }, () => cpuSeconds(lookUps)));
  if (found !== 2 * ROUNDS * LOOK_UPS) throw new Error(`${found} of the look-ups found something`);
  const digestSeconds = cpuSeconds(() => index.digest());
  return {
    tableBytes: index.sizeBytes,
    residentBytes: process.memoryUsage.rss(),
    findsPerSecond: LOOK_UPS / findSeconds,
    lookUpsPerSecond: LOOK_UPS / lookUpSeconds,
    addsPerSecond: count / added,
    digestSeconds,
  };
}

function fill(index: AssetIndex, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const { assetId, name } = assetNumber(n);
    const diskId = `disk-${n % DISKS}` as DiskId;
    index.add({ assetId, diskId, tier: 'hdd', sizeBytes: ASSET_BYTES }, now);
    index.bind(assetId, name);
  }
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const [count = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(measure(Number(count))));
