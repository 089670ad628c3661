import type { DiskId, TitleId } from '#domain/ids.ts';
import { seededRandom } from '#domain/random.ts';
import { epochMs } from '#domain/units.ts';
import { AssetIndex } from '../oca-agent/store/asset-index.ts';
import { ASSET_BYTES, assetNumber, nameAsked } from './catalogue-of-assets.ts';

const BATCHES = 2000;
const BATCH = 1000;
const DISKS = 44;
const now = epochMs(1_800_000_000_000);

/** Nanoseconds each: in the middle of the batches, and of their fastest tenth, which others on the machine disturbed least. */
export interface Timing {
  readonly median: number;
  readonly fastestTenth: number;
}

/** What one process measured with an index of so many assets in memory. */
export interface TableFigures {
  readonly tableBytes: number;
  /** From a name to the slot of the asset that is held under it. */
  readonly lookUp: Timing;
  /** The same of a Map by title and file. */
  readonly map: Timing;
  /** And to that asset's row. */
  readonly withAsset: Timing;
  /** And all that an answer says, in texts. */
  readonly find: Timing;
  /** One read that waits for the one before, anywhere in as much memory as the table takes. */
  readonly memoryRead: Timing;
  readonly addsPerCpuSecond: number;
  readonly digestCpuSeconds: number;
}

/** Runs in a process of its own, so that its memory is that of the table: `index-table.ts COUNT`, figures to stdout. */
function measure(count: number): TableFigures {
  const index = new AssetIndex();
  const added = cpuSeconds(() => fill(index, count));
  const { names, assets } = index.table;
  const find = timing(count, (title, file) => index.find(title, file) !== undefined);
  const lookUp = timing(count, (title, file) => names.slotOf(names.find(title, file)) >= 0);
  const withAsset = timing(
    count,
    (title, file) => assets.sizeOf(names.slotOf(names.find(title, file))) > 0,
  );
  return {
    tableBytes: index.sizeBytes,
    map: mapLookUps(count),
    find,
    lookUp,
    withAsset,
    memoryRead: memoryReads(index.sizeBytes),
    addsPerCpuSecond: count / added,
    digestCpuSeconds: cpuSeconds(() => index.digest()),
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

function mapLookUps(count: number): Timing {
  const slots = new Map<string, number>();
  for (let n = 0; n < count; n += 1) {
    const { name } = assetNumber(n);
    slots.set(`${name.titleId}/${name.file}`, n);
  }
  return timing(count, (title, file) => slots.get(`${title}/${file}`) !== undefined);
}

/** Each batch brings texts of its own, as requests do. */
function timing(count: number, isFound: (title: TitleId, file: string) => boolean): Timing {
  const random = seededRandom(11);
  const times = Array.from({ length: BATCHES }, () => {
    const asked = Array.from({ length: BATCH }, () => nameAsked(Math.floor(random.next() * count)));
    let found = 0;
    const beganAt = process.hrtime.bigint();
    for (const { titleId, file } of asked) if (isFound(titleId, file)) found += 1;
    const took = Number(process.hrtime.bigint() - beganAt);
    if (found !== BATCH) throw new Error(`${found} of ${BATCH} look-ups found something`);
    return took / BATCH;
  });
  return summed(times);
}

function memoryReads(sizeBytes: number): Timing {
  const words = Uint32Array.from({ length: Math.floor(sizeBytes / 4) }, (_, at) => at);
  const random = seededRandom(12);
  const times = Array.from({ length: BATCHES }, () => {
    let at = Math.floor(random.next() * words.length);
    const beganAt = process.hrtime.bigint();
    for (let step = 0; step < BATCH; step += 1)
      at = (Math.imul((words[at] as number) + step, 2_654_435_761) >>> 0) % words.length;
    const took = Number(process.hrtime.bigint() - beganAt);
    return at < 0 ? 0 : took / BATCH;
  });
  return summed(times);
}

function summed(times: readonly number[]): Timing {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { median: at(0.5), fastestTenth: at(0.1) };
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const [count = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(measure(Number(count))));
