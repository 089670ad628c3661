import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { OcaId, TitleId } from '#domain/ids.ts';
import { type Bytes, bytes, epochMs, milliseconds } from '#domain/units.ts';
import { DeliveryLog } from '../../../../oca-agent/delivery/log/delivery-log.ts';
import type { DeliveryRecord } from '../../../../oca-agent/delivery/log/delivery-record.ts';
import { nodeFileSystem } from '../../../../oca-agent/platform/file-system.ts';
import { failingFiles } from '../../fixtures/failing-files.ts';
import { ManualClock } from '../../fixtures/manual-clock.ts';
import { until } from '../../fixtures/until.ts';

let folder: string;
let clock: ManualClock;
let events: string[];
let ending: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-log-'));
  clock = new ManualClock();
  events = [];
  ending = new AbortController();
  running = Promise.resolve();
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

function begin(options: { sizeBytesMax?: number; files?: typeof nodeFileSystem } = {}) {
  const { sizeBytesMax = 2 ** 30, files = nodeFileSystem } = options;
  const log = new DeliveryLog({
    folder: join(folder, 'log'),
    sizeBytesMax: sizeBytesMax as Bytes,
    files,
    clock,
    log: (event) => events.push(event),
  });
  running = log.run(ending.signal);
  return log;
}
async function stop() {
  ending.abort();
  await running;
}

const record = (number: number): DeliveryRecord => ({
  at: epochMs(1_800_000_000_000 + number),
  requestId: number.toString(16).padStart(32, '0'),
  ocaId: 'oca-1' as OcaId,
  titleId: 'title-1' as TitleId,
  file: 'video.mp4',
  method: 'GET',
  status: 200,
  outcome: 'hit',
  detail: 'flash',
  sentBytes: bytes(1000 + number),
  isWhole: true,
  took: milliseconds(3),
  network: '192.0.2.0/24',
});

const names = async () => (await readdir(join(folder, 'log')).catch(() => [])).sort();
async function lines(): Promise<{ requestId: string; sentBytes: number }[]> {
  const files = await names();
  const read = (name: string) => readFile(join(folder, 'log', name), 'utf8').catch(() => '');
  const texts = await Promise.all(files.map(read));
  return texts
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Turns the clock once the log waits for it. */
async function turn(durationMs: number): Promise<void> {
  await until(() => clock.sleepers > 0, 'the log to wait');
  await clock.advance(durationMs);
}

/** A second later, when the line of this number stands in a file. */
async function writtenUpTo(number: number, durationMs = 1000): Promise<void> {
  await turn(durationMs);
  const isThere = async () => (await lines()).at(-1)?.sentBytes === 1000 + number;
  await until(isThere, `line ${number}`);
}

test('what is noted is written within a second, and the rest at the end, each once and in order', async () => {
  const log = begin();
  for (let number = 0; number < 3; number += 1) log.note(record(number));
  expect(await names()).toEqual([]);
  await writtenUpTo(2);
  expect((await lines()).map(({ sentBytes }) => sentBytes)).toEqual([1000, 1001, 1002]);
  log.note(record(3));
  await stop();
  expect((await lines()).map(({ sentBytes }) => sentBytes)).toEqual([1000, 1001, 1002, 1003]);
  expect(log.droppedLines).toBe(0);
});

test('after an hour another file is begun', async () => {
  const log = begin();
  log.note(record(0));
  await writtenUpTo(0);
  log.note(record(1));
  await writtenUpTo(1, 3_600_000);
  expect(await names()).toEqual(['delivery-1800000001000.jsonl', 'delivery-1800003601000.jsonl']);
  expect(await lines()).toHaveLength(2);
});

test('all files together keep to their room: the oldest go', async () => {
  const sizeBytesMax = 40_000;
  const log = begin({ sizeBytesMax });
  for (let turn = 0; turn < 60; turn += 1) {
    for (let number = 0; number < 10; number += 1) log.note(record(10 * turn + number));
    await writtenUpTo(10 * turn + 9);
    const sizes = await Promise.all(
      (await names()).map(async (name) => (await readFile(join(folder, 'log', name))).length),
    );
    const lastWrite = 10 * 400;
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(
      sizeBytesMax + lastWrite,
    );
  }
  const left = await lines();
  expect(left.at(-1)?.sentBytes).toBe(1599);
  expect(left.length).toBeGreaterThan(50);
  expect(left.length).toBeLessThan(600);
  left.forEach(({ sentBytes }, index) => {
    expect(sentBytes).toBe(1600 - left.length + index);
  });
});

test('a disk that refuses costs lines, which are counted, and is tried again', async () => {
  let code: string | undefined = 'ENOSPC';
  const files = failingFiles((operation) => (operation === 'write' ? code : undefined));
  const log = begin({ files });
  for (const number of [0, 1]) {
    log.note(record(number));
    await turn(1000);
    await until(() => log.droppedLines > number, 'the failure');
  }
  expect(log.droppedLines).toBe(2);
  expect(events).toEqual(['delivery.log.unwritten']);
  code = undefined;
  log.note(record(2));
  await writtenUpTo(2);
  expect((await lines()).map(({ sentBytes }) => sentBytes)).toEqual([1002]);
});

test('what comes faster than it is written is dropped and counted, not kept in memory', async () => {
  const log = begin();
  for (let number = 0; number < 40_000; number += 1) log.note(record(number));
  expect(log.droppedLines).toBeGreaterThan(1000);
  expect(log.droppedLines).toBeLessThan(30_000);
  await stop();
  expect((await lines()).length + log.droppedLines).toBe(40_000);
});

test('without room there is no log', async () => {
  const log = begin({ sizeBytesMax: 0 });
  log.note(record(0));
  await stop();
  expect(await names()).toEqual([]);
  expect(log.droppedLines).toBe(0);
});
