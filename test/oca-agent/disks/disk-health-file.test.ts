import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parseDiskHealth } from '../../../oca-agent/disks/disk-health-file.ts';

/** What the tools printed for real disks, shortened to what says something, without serial numbers. */
const recorded = async (name: string) =>
  JSON.parse(await readFile(new URL(`./recorded/${name}.json`, import.meta.url), 'utf8'));
const vitalsOf = (disk: object) =>
  parseDiskHealth(
    JSON.stringify({ version: 1, writtenAt: 1_800_000_000, disks: [{ path: '/d', ...disk }] }),
  )?.vitalsByPath.get('/d');

test('smartctl’s account of an hdd is read', async () => {
  expect(vitalsOf({ smartctl: await recorded('hdd-failing') })).toEqual({
    isPassed: false,
    temperatureCelsius: 25,
    errorCounts: {
      'reallocated sectors': 1975,
      'pending sectors': 8,
      'offline uncorrectable sectors': 0,
    },
  });
});

test('smartctl’s account of an NVMe disk is read; its heat is its own affair', async () => {
  expect(vitalsOf({ smartctl: await recorded('nvme-worn'), nvme: null })).toEqual({
    isPassed: true,
    criticalWarning: 0,
    availableSpare: 99,
    spareThreshold: 10,
    percentageUsed: 3,
    errorCounts: { 'media errors': 7 },
  });
});

test('the account of nvme-cli is read, in its older and its newer form', async () => {
  const log = await recorded('nvme-smart-log');
  const expected = {
    criticalWarning: 0,
    availableSpare: 100,
    spareThreshold: 10,
    percentageUsed: 0,
    errorCounts: { 'media errors': 0 },
  };
  expect(vitalsOf({ nvme: log })).toEqual(expected);
  const newer = { ...log, critical_warning: { value: 4, available_spare: 0 } };
  expect(vitalsOf({ nvme: newer })).toEqual({ ...expected, criticalWarning: 4 });
});

test.each([
  ['no JSON', '{"version":1,'],
  ['another version', '{"version":2,"disks":[]}'],
  ['no disks', '{"version":1,"disks":{}}'],
])('%s is no account', (_what, text) => {
  expect(parseDiskHealth(text)).toBeUndefined();
});

test('nonsense about a disk is left out', () => {
  const smartctl = { smart_status: { passed: 'yes' }, temperature: { current: -4 } };
  expect(vitalsOf({ smartctl, nvme: { critical_warning: 'none' } })).toEqual({ errorCounts: {} });
  expect(vitalsOf({ smartctl: null })).toEqual({ errorCounts: {} });
});
