import { expect, test } from '@jest/globals';
import { greatCircleKm } from '#domain/fill/great-circle.ts';
import { rankSources, type SourceCandidate } from '#domain/fill/rank-sources.ts';
import type { OcaId, SiteId } from '#domain/ids.ts';
import { bitsPerSecond } from '#domain/units.ts';

const BERLIN = { latitude: 52.52, longitude: 13.405 };
const FRANKFURT = { latitude: 50.11, longitude: 8.682 };
const NEW_YORK = { latitude: 40.713, longitude: -74.006 };

const candidate = (ocaId: string, overrides: Partial<SourceCandidate> = {}): SourceCandidate => ({
  ocaId: ocaId as OcaId,
  siteId: 'metro' as SiteId,
  location: BERLIN,
  isInService: true,
  egress: bitsPerSecond(0),
  isHolder: true,
  ...overrides,
});
const elsewhere = (ocaId: string, location = FRANKFURT, overrides: Partial<SourceCandidate> = {}) =>
  candidate(ocaId, { siteId: `site-of-${ocaId}` as SiteId, location, ...overrides });
const askerOf = (ocaId: string) => ({
  ocaId: ocaId as OcaId,
  siteId: 'metro' as SiteId,
  location: BERLIN,
});
const ids = (candidates: SourceCandidate[], asker = 'metro-1', titleId = 'city') =>
  rankSources({ asker: askerOf(asker), titleId, candidates }).map((source) => source.sourceId);

test('alone in the world, an OCA fills from CloudFront', () => {
  expect(ids([])).toEqual(['cloudfront']);
});

test('an OCA is never its own source, nor is one that is not in service', () => {
  expect(ids([candidate('metro-1'), candidate('metro-2', { isInService: false })])).toEqual([
    'cloudfront',
  ]);
});

test('peers that hold it come before other sites, and CloudFront is last', () => {
  expect(ids([elsewhere('exchange-1'), candidate('metro-2')])).toEqual([
    'metro-2',
    'exchange-1',
    'cloudfront',
  ]);
});

test('other sites come by distance, then by load, and only the best few of them', () => {
  const far = elsewhere('far-1', NEW_YORK);
  const busy = elsewhere('busy-1', FRANKFURT, { egress: bitsPerSecond(9e9) });
  expect(ids([far, busy, elsewhere('idle-1')])).toEqual(['idle-1', 'busy-1', 'cloudfront']);
  const ranked = rankSources({ asker: askerOf('metro-1'), titleId: 'city', candidates: [far] });
  expect(ranked[0]).toEqual({
    sourceId: 'far-1',
    kind: 'site',
    reason: 'site site-of-far-1, 6385 km away, holds it',
  });
});

test('another site that does not hold it is no source', () => {
  expect(ids([elsewhere('exchange-1', FRANKFURT, { isHolder: false })])).toEqual(['cloudfront']);
});

test('when nobody in the site holds it, one master goes outside and the others wait for the master first', () => {
  const site = ['metro-1', 'metro-2', 'metro-3'].map((id) => candidate(id, { isHolder: false }));
  for (const titleId of ['city', 'harbor', 'forest', 'river']) {
    const firsts = site.map(({ ocaId }) => ids(site, ocaId, titleId)[0]);
    const masters = site.filter((_, index) => firsts[index] === 'cloudfront');
    expect(masters).toHaveLength(1);
    expect(firsts.filter((first) => first === masters[0]?.ocaId)).toHaveLength(2);
  }
});

test('only a master that does not hold the asset yet is waited for', () => {
  const site = ['metro-1', 'metro-2'].map((id) => candidate(id, { isHolder: false }));
  const waits = site.flatMap(({ ocaId }) =>
    rankSources({ asker: askerOf(ocaId), titleId: 'city', candidates: site }).map(
      ({ waitSeconds }) => waitSeconds,
    ),
  );
  expect(waits.toSorted()).toEqual([120, undefined, undefined]);
  const holders = rankSources({
    asker: askerOf('metro-1'),
    titleId: 'city',
    candidates: [candidate('metro-2')],
  });
  expect(holders.map(({ waitSeconds }) => waitSeconds)).toEqual([undefined, undefined]);
});

test('titles have different masters', () => {
  const site = ['metro-1', 'metro-2'].map((id) => candidate(id, { isHolder: false }));
  const masterOf = (titleId: string) =>
    site.find(({ ocaId }) => ids(site, ocaId, titleId)[0] === 'cloudfront')?.ocaId;
  const masters = new Set(Array.from({ length: 20 }, (_, index) => masterOf(`title-${index}`)));
  expect(masters.size).toBe(2);
});

test('a master that is out of service is replaced', () => {
  const site = ['metro-1', 'metro-2', 'metro-3'].map((id) => candidate(id, { isHolder: false }));
  const [master] = site.filter(({ ocaId }) => ids(site, ocaId)[0] === 'cloudfront');
  const without = site.map((one) => (one === master ? { ...one, isInService: false } : one));
  const left = site.filter((one) => one !== master).map(({ ocaId }) => ids(without, ocaId)[0]);
  expect(left).toContain('cloudfront');
  expect(left).not.toContain(master?.ocaId);
});

test('many OCAs of a site do not all ask the same peer', () => {
  const holders = ['holder-1', 'holder-2', 'holder-3'].map((id) => candidate(id));
  const firsts = Array.from({ length: 60 }, (_, index) => ids(holders, `asker-${index}`)[0]);
  for (const { ocaId } of holders) {
    expect(firsts.filter((first) => first === ocaId).length).toBeGreaterThan(8);
  }
});

test('distances are those of the globe', () => {
  expect(greatCircleKm(BERLIN, BERLIN)).toBe(0);
  expect(greatCircleKm(BERLIN, FRANKFURT)).toBeCloseTo(423.9, 0);
  expect(
    greatCircleKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 }),
  ).toBeCloseTo(111.2, 1);
  expect(
    greatCircleKm({ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 0 }),
  ).toBeCloseTo(20_015.1, 1);
});
