import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bareNginx, type Contender, layFiles, oca, varnish } from './delivery/contenders.ts';
import { fileOf, PAYLOADS, type Payload } from './delivery/payloads.ts';
import { cpuSeconds } from './delivery/server-cpu.ts';
import { type Asked, load } from './delivery/wrk.ts';
import type { BenchmarkOutcome } from './outcome.ts';
import { median, rounded } from './statistics.ts';

const SECONDS = 4;
const LINKS = 1_000_000;

interface Measure {
  readonly requestsPerCpuSecond: number;
  readonly cpuSecondsPerGb: number;
  readonly gigabytesPerSecond: number;
  readonly p99: number;
}

/**
 * Hits over loopback, from page cache: our two data planes with tokens and delivery log, and others, in turn. Ratios are of
 * requests a CPU second of the server, all its processes together, to nginx tuned by hand in the same round. The client
 * is `wrk`, which copies what comes.
 */
export async function benchmarkDelivery(options: readonly string[]): Promise<BenchmarkOutcome> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      rounds: { type: 'string', default: '5' },
      links: { type: 'string', default: String(LINKS) },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'oca-delivery-'));
  const contenders: Contender[] = [];
  try {
    layFiles(folder);
    contenders.push(await bareNginx(folder, true));
    contenders.push(await oca('nginx', Number(values.links)), await oca('embedded', 0));
    contenders.push(await bareNginx(folder, false));
    contenders.push(await varnish(folder, contenders[0] as Contender));
    const rows = [];
    for (const payload of PAYLOADS)
      rows.push(...(await compare(payload, contenders, Number(values.rounds))));
    return { benchmark: 'delivery', rows };
  } finally {
    for (const contender of contenders.toReversed()) await contender.stop();
    rmSync(folder, { recursive: true });
  }
}

async function compare(payload: Payload, contenders: readonly Contender[], rounds: number) {
  const measured = new Map<Contender, Measure[]>(contenders.map((one) => [one, []]));
  for (const contender of contenders) await measure(contender, payload, 2);
  for (let round = 0; round < rounds; round += 1)
    for (const contender of contenders)
      measured.get(contender)?.push(await measure(contender, payload, SECONDS));
  const base = measured.get(contenders[0] as Contender) ?? [];
  return contenders.map((contender) =>
    rowOf(payload, contender.name, measured.get(contender) ?? [], base),
  );
}

function rowOf(payload: Payload, name: string, own: readonly Measure[], base: readonly Measure[]) {
  const of = (key: keyof Measure) => median(own.map((one) => one[key]));
  const ratios = own.map(
    (one, round) => one.requestsPerCpuSecond / (base[round]?.requestsPerCpuSecond ?? Number.NaN),
  );
  return {
    payload: payload.name,
    server: name,
    'of tuned nginx': rounded(median(ratios)),
    'least and most': `${rounded(Math.min(...ratios))} to ${rounded(Math.max(...ratios))}`,
    'requests a CPU s': Math.round(of('requestsPerCpuSecond')),
    'CPU s a GB': rounded(of('cpuSecondsPerGb'), 3),
    'GB/s': rounded(of('gigabytesPerSecond')),
    'p99 ms': rounded(of('p99'), 1),
  };
}

async function measure(contender: Contender, payload: Payload, seconds: number): Promise<Measure> {
  const asked = askedOf(contender, payload);
  process.stderr.write(`${payload.name}: ${contender.name} …\n`);
  const before = cpuSeconds(contender.pids);
  const { requests, bytesPerSecond, p99 } = await load(contender.url, asked, seconds);
  const cpu = cpuSeconds(contender.pids) - before;
  return {
    requestsPerCpuSecond: requests / cpu,
    cpuSecondsPerGb: cpu / ((bytesPerSecond * seconds) / 1e9),
    gigabytesPerSecond: bytesPerSecond / 1e9,
    p99,
  };
}

function askedOf({ pathsOf }: Contender, payload: Payload): Asked[] {
  const { files, fileBytes, rangeBytes, sessions } = payload;
  return Array.from({ length: files }, (_, number) => fileOf(payload, number)).flatMap((file) =>
    pathsOf(file, sessions).flatMap((path): Asked[] => {
      if (rangeBytes === undefined) return [{ path }];
      return Array.from({ length: fileBytes / rangeBytes }, (_, part) => ({
        path,
        range: `bytes=${part * rangeBytes}-${(part + 1) * rangeBytes - 1}`,
      }));
    }),
  );
}
