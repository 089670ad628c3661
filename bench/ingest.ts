import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DiskId, TitleId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import { nodePlatform } from '../oca-agent/platform/node-platform.ts';
import type { AssetStore } from '../oca-agent/store/asset-store.ts';
import { openStore } from '../oca-agent/store/open-store.ts';
import { median, rounded } from './statistics.ts';

const run = promisify(execFile);
const MIB = 2 ** 20;
const BATCHES = [
  { sizeBytes: 8 * MIB, files: 64 },
  { sizeBytes: 256 * MIB, files: 4 },
] as const;
const ROUNDS = 3;
/** As the fill engine has by default. */
const TRANSFERS = 4;
const PIECE_BYTES = 256 * 1024;

/**
 * Ingest with verification and durability, beside `cp`, `sha256sum` and `sync` of the same files on the same disk: one file
 * after another, and as many at a time as we have transfers. Rounds take turns; medians.
 * @param parent a folder on the disk to be measured.
 */
export async function ingestRows(parent = tmpdir()): Promise<Record<string, string | number>[]> {
  const folder = await mkdtemp(join(parent, 'oca-ingest-'));
  try {
    const rows: Record<string, string | number>[] = [];
    for (const { sizeBytes, files } of BATCHES) {
      const source = join(folder, `source-${sizeBytes}`);
      await makeSource(source, sizeBytes, files);
      const rates = { ours: [] as number[], single: [] as number[], parallel: [] as number[] };
      for (let round = 0; round < ROUNDS; round += 1) {
        const mebibytes = (sizeBytes * files) / MIB;
        rates.single.push(mebibytes / (await secondsOfTools(folder, source, 1)));
        rates.ours.push(mebibytes / (await secondsOfStore(folder, source, sizeBytes)));
        rates.parallel.push(mebibytes / (await secondsOfTools(folder, source, TRANSFERS)));
      }
      const [ours, single, parallel] = [rates.ours, rates.single, rates.parallel].map(median) as [
        number,
        number,
        number,
      ];
      rows.push({
        measure: `ingest of ${files} files of ${sizeBytes / MIB} MiB`,
        'MiB/s': rounded(ours, 0),
        'cp+sha256sum+sync MiB/s': rounded(single, 0),
        [`the same, ${TRANSFERS} at a time`]: rounded(parallel, 0),
        ratio: rounded(ours / single),
        'ratio to the latter': rounded(ours / parallel),
      });
      await rm(source, { recursive: true });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeSource(folder: string, sizeBytes: number, files: number): Promise<void> {
  await mkdir(folder);
  for (let index = 0; index < files; index += 1) {
    const file = await open(join(folder, `${index}.mp4`), 'w');
    for (let at = 0; at < sizeBytes; at += 8 * MIB) await file.write(randomBytes(8 * MIB));
    await file.close();
  }
}

async function secondsOfTools(folder: string, source: string, atATime: number): Promise<number> {
  const target = join(folder, 'target');
  await mkdir(target);
  const each = 'cp "$1" "$2/" && cd "$2" && f=$(basename "$1") && sha256sum "$f" && sync "$f" .';
  const script = `printf '%s\\n' "$1"/* | xargs -P ${atATime} -I F bash -c '${each}' - F "$2"`;
  const beganAt = performance.now();
  await run('bash', ['-ec', script, '-', source, target], { maxBuffer: MIB });
  const took = performance.now() - beganAt;
  await rm(target, { recursive: true });
  return took / 1000;
}

async function secondsOfStore(folder: string, source: string, sizeBytes: number): Promise<number> {
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const store = await openStore({
    platform: nodePlatform(),
    stateDirectory: join(folder, 'state'),
    disks: [{ diskId: 'd' as DiskId, tier: 'flash', path: disk, capacityBytes: bytes(1e12) }],
    knownDiskIds: new Set(),
    log: () => undefined,
  });
  const names = await readdir(source);
  const beganAt = performance.now();
  const transfer = async () => {
    for (let name = names.pop(); name; name = names.pop())
      await ingest(store, join(source, name), name, sizeBytes);
  };
  await Promise.all(Array.from({ length: TRANSFERS }, transfer));
  const took = performance.now() - beganAt;
  await store.close();
  await rm(disk, { recursive: true });
  await rm(join(folder, 'state'), { recursive: true });
  return took / 1000;
}

async function ingest(
  store: AssetStore,
  path: string,
  file: string,
  sizeBytes: number,
): Promise<void> {
  const writer = await store.begin({
    sizeBytes: bytes(sizeBytes),
    tiers: ['flash'],
    mayEvict: false,
  });
  if (!writer) throw new Error(`no room for ${sizeBytes} bytes`);
  const source = await open(path);
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < sizeBytes; ) {
    const { bytesRead } = await source.read(piece, 0, piece.length, at);
    await writer.append(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
  await source.close();
  const name = { titleId: 'title' as TitleId, file, etag: '"e"', contentType: 'video/mp4' };
  await store.publish(writer, writer.verify(undefined), [{ ...name, fetchedAt: epochMs(1) }]);
}
