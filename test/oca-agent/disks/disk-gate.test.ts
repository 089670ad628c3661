import { expect, test } from '@jest/globals';
import type { DiskId } from '#domain/ids.ts';
import { type Milliseconds, seconds } from '#domain/units.ts';
import { DiskGate, type OperationKind } from '../../../oca-agent/disks/disk-gate.ts';
import { ManualClock, settled } from '../fixtures/manual-clock.ts';

/** A gate of four with two writers and a queue of three, and operations that end when the test says so. */
class Bench {
  readonly clock = new ManualClock();
  readonly begun: string[] = [];
  readonly hung: Milliseconds[] = [];
  readonly discarded: string[] = [];
  answeredTimes = 0;
  readonly #ends = new Map<string, () => void>();
  readonly gate = new DiskGate({
    diskId: 'hdd-1' as DiskId,
    clock: this.clock,
    limits: {
      inFlightMax: 4,
      writesMax: 2,
      queuedMax: 3,
      hungAfter: seconds(5),
      syncHungAfter: seconds(30),
    },
    onHung: (duration) => this.hung.push(duration),
    onAnswered: () => {
      this.answeredTimes += 1;
    },
  });

  /** How the operation ends: its name, or the code of its refusal. */
  pass(name: string, kind: OperationKind = 'read'): Promise<string> {
    const operate = () => {
      this.begun.push(name);
      return new Promise<string>((resolve) => this.#ends.set(name, () => resolve(name)));
    };
    const passed = this.gate.pass(kind, operate, (late) => this.discarded.push(late));
    return passed.catch((error) => error.code as string);
  }

  async end(...names: string[]): Promise<void> {
    for (const name of names) this.#ends.get(name)?.();
    await settled();
  }

  async seconds(count: number): Promise<void> {
    for (let second = 0; second < count; second += 1) await this.clock.advance(1000);
  }
}

test('four operations are under way at a time, the next begin in the order in which they came', async () => {
  const bench = new Bench();
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => bench.pass(name));
  expect([bench.begun, bench.gate.inFlight, bench.gate.queued]).toEqual([
    ['a', 'b', 'c', 'd'],
    4,
    2,
  ]);
  await bench.end('c');
  await bench.end('a');
  expect(bench.begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  await bench.end('b', 'd', 'e', 'f');
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect([bench.gate.inFlight, bench.gate.queued]).toEqual([0, 0]);
});

test('writes leave room for reads: a read overtakes a write that must wait', async () => {
  const bench = new Bench();
  for (const name of ['w1', 'w2', 'w3']) void bench.pass(name, 'sync');
  void bench.pass('r1');
  expect(bench.begun).toEqual(['w1', 'w2', 'r1']);
  await bench.end('w2');
  expect(bench.begun).toEqual(['w1', 'w2', 'r1', 'w3']);
  await bench.end('w1', 'w3', 'r1');
});

test('what finds the queue full is refused at once', async () => {
  const bench = new Bench();
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const all = names.map((name) => bench.pass(name));
  expect(await bench.pass('h')).toBe('disk-busy');
  for (const name of names) await bench.end(name);
  expect(await Promise.all(all)).toEqual(names);
  expect(bench.begun).not.toContain('h');
});

test('an operation that does not end is given up, with all that wait; until it ends, everything is refused at once', async () => {
  const bench = new Bench();
  const stuck = ['a', 'b', 'c', 'd', 'queued'].map((name) => bench.pass(name));
  await bench.seconds(5);
  expect([bench.gate.isHung, bench.hung]).toEqual([false, []]);
  await bench.seconds(1);
  expect(await Promise.all(stuck)).toEqual(new Array(5).fill('disk-busy'));
  expect(bench.hung).toEqual([6000]);
  expect(await bench.pass('next')).toBe('disk-busy');
  await bench.seconds(2);
  expect(bench.hung).toEqual([6000, 7000, 8000]);
  await bench.end('a', 'b', 'c');
  expect(bench.gate.isHung).toBe(true);
  await bench.end('d');
  expect([bench.gate.isHung, bench.answeredTimes]).toEqual([false, 1]);
  expect(bench.discarded).toEqual(['a', 'b', 'c', 'd']);
  expect(bench.begun).toEqual(['a', 'b', 'c', 'd']);
  const well = bench.pass('well');
  await bench.end('well');
  expect(await well).toBe('well');
});

test.each(['sync', 'batch'] as const)('a %s may take longer than a read', async (kind) => {
  const bench = new Bench();
  const long = bench.pass('long', kind);
  await bench.seconds(30);
  expect(bench.gate.isHung).toBe(false);
  await bench.seconds(1);
  expect([bench.gate.isHung, await long]).toEqual([true, 'disk-busy']);
  await bench.end('long');
});

test('from half a minute on one operation probes a disk that hangs, and no more than one at a time', async () => {
  const bench = new Bench();
  void bench.pass('a');
  await bench.seconds(6 + 29);
  expect(await bench.pass('early')).toBe('disk-busy');
  await bench.seconds(1);
  const probe = bench.pass('probe');
  expect(await bench.pass('second')).toBe('disk-busy');
  expect(bench.begun).toEqual(['a', 'probe']);
  await bench.end('probe');
  expect(await probe).toBe('probe');
  expect([bench.gate.isHung, bench.gate.inFlight]).toEqual([false, 1]);
  await bench.seconds(10);
  expect(bench.gate.isHung).toBe(false);
  await bench.end('a');
});

test('a disk that has lost as many operations as it may write at a time is not believed on a probe', async () => {
  const bench = new Bench();
  for (const name of ['a', 'b']) void bench.pass(name, 'write');
  await bench.seconds(36);
  const probe = bench.pass('probe');
  await bench.end('probe');
  expect(await probe).toBe('probe');
  expect(bench.gate.isHung).toBe(true);
  await bench.end('a', 'b');
  expect(bench.gate.isHung).toBe(false);
});

test('a process that was stopped for an hour makes no disk hang', async () => {
  const bench = new Bench();
  const read = bench.pass('a');
  await bench.clock.advance(3_600_000);
  expect(bench.gate.isHung).toBe(false);
  await bench.end('a');
  expect(await read).toBe('a');
});

test('a look is no proof that a disk answers: memory may have answered it', async () => {
  const bench = new Bench();
  void bench.pass('a');
  await bench.seconds(36);
  const look = bench.pass('look', 'look');
  await bench.end('look');
  expect([await look, bench.gate.isHung]).toEqual(['look', true]);
  const read = bench.pass('read');
  await bench.end('read');
  expect([await read, bench.gate.isHung]).toEqual(['read', false]);
  await bench.end('a');
});

test('an operation that fails fails for who asked, and gives its place away', async () => {
  const bench = new Bench();
  const failing = bench.gate.pass('read', () => Promise.reject(new Error('EIO')));
  await expect(failing).rejects.toThrow('EIO');
  expect(bench.gate.inFlight).toBe(0);
});
