import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SiteId } from '#domain/ids.ts';
import { coveringPrefixes, indexFootprints } from '#domain/steering/footprint.ts';

const site = (siteId: string, ...footprint: string[]) => ({ siteId: siteId as SiteId, footprint });
const prefixesOf = (address: string, ...sites: ReturnType<typeof site>[]) =>
  coveringPrefixes(indexFootprints(sites), address).map((match) => match.prefix);

test('text that is no address is covered by nobody', () => {
  for (const text of ['', 'unknown', '198.51.100', '198.51.100.1, 10.0.0.1']) {
    expect(prefixesOf(text, site('all', '0.0.0.0/0', '::/0'))).toEqual([]);
  }
});

test('a prefix that is not one covers nobody and hides no other', () => {
  const broken = site('a', 'nonsense', '198.51.100.0/99', '198.51.100.0/24');
  expect(prefixesOf('198.51.100.1', broken)).toEqual(['198.51.100.0/24']);
});

test('all prefixes that cover an address are told, the longest first', () => {
  const sites = [site('isp', '198.51.100.0/24', '198.51.100.128/25'), site('ixp', '0.0.0.0/0')];
  expect(prefixesOf('198.51.100.200', ...sites)).toEqual([
    '198.51.100.128/25',
    '198.51.100.0/24',
    '0.0.0.0/0',
  ]);
  expect(prefixesOf('198.51.101.1', ...sites)).toEqual(['0.0.0.0/0']);
});

test('the default route of one family says nothing of the other', () => {
  expect(prefixesOf('2001:db8::1', site('ixp', '0.0.0.0/0'))).toEqual([]);
  expect(prefixesOf('198.51.100.1', site('ixp', '::/0'))).toEqual([]);
});

test('an IPv4-mapped client is covered as the IPv4 client that it is', () => {
  expect(prefixesOf('::ffff:198.51.100.9', site('isp', '198.51.100.0/24'))).toEqual([
    '198.51.100.0/24',
  ]);
});

test('sites that claim the same prefix share its match', () => {
  const index = indexFootprints([
    site('a', '2001:db8::/32', '2001:db8::/32'),
    site('b', '2001:0db8::/32'),
  ]);
  expect(coveringPrefixes(index, '2001:db8::7')).toEqual([
    { prefix: '2001:db8::/32', length: 32, siteIds: ['a', 'b'] },
  ]);
});

test('look-up finds exactly what comparing every prefix bit by bit finds', () => {
  const ipv4Prefix = fc
    .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }))
    .map(([address, length]) => ({
      value: length === 0 ? 0 : (address >>> (32 - length)) * 2 ** (32 - length),
      length,
    }));
  const near = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(
      fc.array(ipv4Prefix, { maxLength: 40 }),
      fc.array(near, { maxLength: 5 }),
      (prefixes, addresses) => {
        const sites = prefixes.map(({ value, length }, index) =>
          site(`s${index}`, `${dotted(value)}/${length}`),
        );
        const index = indexFootprints(sites);
        for (const address of [...addresses, ...prefixes.map((prefix) => prefix.value)]) {
          const expected = new Set(
            prefixes
              .filter(
                ({ value, length }) =>
                  binary(value).slice(0, length) === binary(address).slice(0, length),
              )
              .map((prefix) => prefix.length),
          );
          const found = coveringPrefixes(index, dotted(address)).map((match) => match.length);
          expect(found).toEqual([...expected].sort((one, other) => other - one));
        }
      },
    ),
    { seed: 20_263, numRuns: 200 },
  );
});

const binary = (value: number) => value.toString(2).padStart(32, '0');
const dotted = (value: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
