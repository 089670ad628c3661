import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { storageCapacity, throughputCapacity } from '#domain/topology/capacity-model.ts';
import { HARDWARE_PROFILES, type HardwareProfile } from '#domain/topology/hardware-profile.ts';
import { SURPRISE_SHARE_DEFAULT } from '#domain/topology/watermarks.ts';
import { bitsPerSecond, ratio } from '#domain/units.ts';

const page = await readFile(new URL('../../docs/capacity.md', import.meta.url), 'utf8');

test.each(HARDWARE_PROFILES.map((profile) => [profile.name, profile] as const))(
  'docs/capacity.md says of %s what the model says',
  (_, profile) => {
    expect(page.split('\n')).toContain(storageRow(profile));
    expect(page.split('\n')).toContain(throughputRow(profile));
  },
);

test('docs/capacity.md has a row for each profile in both tables, and no other', () => {
  const names = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:profile|-)/.test(line))
    .map((line) => line.split(' | ')[0]?.slice(2));
  const expected = HARDWARE_PROFILES.map(({ name }) => name);
  expect(names).toEqual([...expected, ...expected]);
});

const cells = (values: readonly (string | number)[]) => `| ${values.join(' | ')} |`;
const terabytes = (value: number) => Number((value / 1e12).toFixed(1));
const gigabits = (value: number | undefined) =>
  value === undefined ? '–' : Number((value / 1e9).toFixed(1));

/** 10 + 2 where there is a hdd tier. */
function storageRow(profile: HardwareProfile): string {
  const { flash, hdd } = storageCapacity(profile, {
    parity: { dataFiles: 10, parityFiles: 2 },
    surpriseShare: ratio(SURPRISE_SHARE_DEFAULT),
  });
  const both = (key: keyof typeof flash) => terabytes(flash[key] + hdd[key]);
  return cells([
    profile.name,
    both('rawBytes'),
    both('belowWatermarkBytes'),
    both('usableBytes'),
    both('plannableBytes'),
  ]);
}

function throughputRow(profile: HardwareProfile): string {
  const { componentEgress, readsPerSecond, egress, limitedBy, streams } = throughputCapacity(
    profile,
    { flashShare: ratio(0.85), streamRate: bitsPerSecond(5e6) },
  );
  return cells([
    profile.name,
    ...(['network', 'memory', 'flash', 'hdd'] as const).map((component) =>
      gigabits(componentEgress.get(component)),
    ),
    ...(['flash', 'hdd'] as const).map((tier) => Math.floor(readsPerSecond.get(tier) ?? 0) || '–'),
    `${gigabits(egress)} by ${limitedBy}`,
    streams,
  ]);
}
