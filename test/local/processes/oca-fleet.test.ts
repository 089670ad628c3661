import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { OcaFleet } from '../../../local/processes/oca-fleet.ts';
import { isAlive, programIn, sources } from './programs-fixture.ts';

let folder: string;
let fleet: OcaFleet;
let death: PromiseWithResolvers<string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oca-fleet-'));
  death = Promise.withResolvers();
  const programs = new Map([['metro-1', programIn(folder, sources.obedient)]]);
  fleet = new OcaFleet(programs, death.resolve);
});
afterEach(async () => {
  await fleet.close();
  rmSync(folder, { recursive: true });
});

test('an OCA that nobody declared is refused', async () => {
  await expect(fleet.start('metro-9')).rejects.toMatchObject({ code: 'oca-not-found' });
});

test('an OCA that dies by itself is reported and stays down until somebody starts it', async () => {
  await fleet.start('metro-1');
  const [running] = fleet.list();
  process.kill(running?.pid ?? 0, 'SIGKILL');
  await expect(death.promise).resolves.toBe('metro-1 ended with SIGKILL');
  expect(fleet.list()).toEqual([{ ocaId: 'metro-1', isRunning: false }]);
  await fleet.start('metro-1');
  expect(fleet.list()).toMatchObject([{ isRunning: true }]);
});

test('an OCA that the operator stops is gone, and a second start does not double it', async () => {
  await fleet.start('metro-1');
  await fleet.start('metro-1');
  const [{ pid } = {}] = fleet.list();
  await fleet.stop('metro-1', 'SIGKILL');
  expect(isAlive(pid)).toBe(false);
  expect(fleet.list()).toEqual([{ ocaId: 'metro-1', isRunning: false }]);
});

test('nothing starts once the fleet is closed', async () => {
  await fleet.close();
  await fleet.start('metro-1');
  expect(fleet.list()).toEqual([{ ocaId: 'metro-1', isRunning: false }]);
});
