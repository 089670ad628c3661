import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OcaId, SiteId, TitleId } from '#domain/ids.ts';
import { type OcaCandidate, rankPathways } from '#domain/steering/rank-pathways.ts';
import { gigabitsPerSecond, ratio } from '#domain/units.ts';

const TITLE = 'city' as TitleId;

const candidate = (ocaId: string, overrides: Partial<OcaCandidate> = {}): OcaCandidate => ({
  ocaId: ocaId as OcaId,
  siteId: 'isp' as SiteId,
  siteKind: 'isp',
  coveredBy: { prefix: '198.51.100.0/24', length: 24 },
  state: 'in-service',
  stateReasons: [],
  isRegistered: true,
  heldShare: ratio(1),
  egress: gigabitsPerSecond(0),
  ...overrides,
});
const atExchange = {
  siteId: 'ixp' as SiteId,
  siteKind: 'ixp' as const,
  coveredBy: { prefix: '0.0.0.0/0', length: 0 },
};
const rank = (
  candidates: readonly OcaCandidate[],
  titleId: TitleId | undefined = TITLE,
  ocaPathwaysMax = 3,
) =>
  rankPathways({
    ...(titleId && { titleId }),
    candidates,
    ocaPathwaysMax,
    distributions: ['cloudfront'],
  });
const reasonsOf = (ranking: ReturnType<typeof rank>, id: string) =>
  ranking.candidates.find((one) => one.pathwayId === id)?.reasons.join('; ');

test('without any candidate there is CloudFront', () => {
  expect(rank([]).pathways).toEqual(['cloudfront']);
});

test.each([
  [
    'no prefix of its site covers the client',
    (one: OcaCandidate): OcaCandidate => {
      const { coveredBy, ...rest } = one;
      return rest;
    },
  ],
  ['it has not registered', (one: OcaCandidate) => ({ ...one, isRegistered: false })],
  [
    'it is draining: the operator drains it',
    (one: OcaCandidate) => ({
      ...one,
      state: 'draining' as const,
      stateReasons: ['the operator drains it'],
    }),
  ],
  ['it is out-of-service', (one: OcaCandidate) => ({ ...one, state: 'out-of-service' as const })],
  [
    'it holds 49 % of the title, less than 50 %',
    (one: OcaCandidate) => ({ ...one, heldShare: ratio(0.499) }),
  ],
])('an OCA is dropped because %s', (reason, spoil) => {
  const ranking = rank([spoil(candidate('metro-1'))]);
  expect(ranking.pathways).toEqual(['cloudfront']);
  expect(reasonsOf(ranking, 'metro-1')).toBe(reason);
});

test('OCAs of the ISP come before those of the exchange, though the exchange has a longer prefix', () => {
  const exchange = candidate('exchange-1', {
    ...atExchange,
    coveredBy: { prefix: '198.51.100.0/28', length: 28 },
  });
  expect(rank([exchange, candidate('metro-1')]).pathways).toEqual([
    'metro-1',
    'exchange-1',
    'cloudfront',
  ]);
});

test('of two ISP sites the one with the longer prefix comes first', () => {
  const wide = candidate('wide-1', {
    siteId: 'a-wide' as SiteId,
    coveredBy: { prefix: '198.0.0.0/8', length: 8 },
  });
  expect(rank([wide, candidate('metro-1')]).pathways[0]).toBe('metro-1');
});

test('an OCA that holds the whole title comes before one that holds a part', () => {
  const ids = ['metro-1', 'metro-2'] as const;
  for (const whole of ids) {
    const candidates = ids.map((id) => candidate(id, { heldShare: ratio(id === whole ? 1 : 0.9) }));
    expect(rank(candidates).pathways[0]).toBe(whole);
  }
});

test('titles spread over the OCAs of a site, and each title keeps its own', () => {
  const candidates = Array.from({ length: 4 }, (_, index) => candidate(`metro-${index}`));
  const firsts = Array.from(
    { length: 400 },
    (_, index) => rank(candidates, `title-${index}` as TitleId).pathways[0],
  );
  expect(rank(candidates.toReversed(), 'title-7' as TitleId).pathways[0]).toBe(firsts[7]);
  for (const { ocaId } of candidates) {
    const share = firsts.filter((first) => first === ocaId).length / firsts.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.35);
  }
});

test('an OCA that goes away moves only the titles that it led', () => {
  const candidates = Array.from({ length: 4 }, (_, index) => candidate(`metro-${index}`));
  for (let index = 0; index < 100; index += 1) {
    const titleId = `title-${index}` as TitleId;
    const [before] = rank(candidates, titleId).pathways;
    const [after] = rank(
      candidates.filter((one) => one.ocaId !== 'metro-2'),
      titleId,
    ).pathways;
    if (before !== 'metro-2') expect(after).toBe(before);
  }
});

test('an OCA far above its neighbors goes behind them', () => {
  const ids = ['metro-1', 'metro-2', 'metro-3'];
  for (const loaded of ids) {
    const candidates = ids.map((id) =>
      candidate(id, { egress: gigabitsPerSecond(id === loaded ? 40 : 10) }),
    );
    const ranking = rank(candidates);
    expect(ranking.pathways.indexOf(loaded as OcaId)).toBe(2);
    expect(reasonsOf(ranking, loaded)).toContain('far more than its neighbors');
  }
});

test('a first viewer does not chase the second away', () => {
  const [quiet] = rank([candidate('metro-1'), candidate('metro-2')]).pathways;
  const busy = ['metro-1', 'metro-2'].map((id) =>
    candidate(id, { egress: gigabitsPerSecond(id === quiet ? 0.5 : 0) }),
  );
  expect(rank(busy).pathways[0]).toBe(quiet);
});

test('a session does not hang on one site when another covers the client too', () => {
  const candidates = [
    ...Array.from({ length: 5 }, (_, index) => candidate(`metro-${index}`)),
    candidate('exchange-1', atExchange),
  ];
  const { pathways } = rank(candidates);
  expect(pathways).toHaveLength(4);
  expect(pathways.slice(2)).toEqual(['exchange-1', 'cloudfront']);
});

test('several distributions come last in the order given, and no OCA between them', () => {
  const { pathways, candidates } = rankPathways({
    titleId: TITLE,
    candidates: [candidate('metro-1'), candidate('metro-2', { state: 'draining' })],
    ocaPathwaysMax: 3,
    distributions: ['cloudfront-3', 'cloudfront'],
  });
  expect(pathways).toEqual(['metro-1', 'cloudfront-3', 'cloudfront']);
  expect(candidates.map(({ pathwayId, layer, rank: place }) => [pathwayId, layer, place])).toEqual([
    ['metro-1', 'oca', 1],
    ['cloudfront-3', 'cloudfront', 2],
    ['cloudfront', 'cloudfront', 3],
    ['metro-2', 'oca', undefined],
  ]);
});

test('an operator who asks about no title learns of OCAs that hold nothing', () => {
  const ranking = rankPathways({
    candidates: [candidate('metro-1', { heldShare: ratio(0) })],
    ocaPathwaysMax: 3,
    distributions: ['cloudfront'],
  });
  expect(ranking.pathways).toEqual(['metro-1', 'cloudfront']);
});

test('whatever the candidates: distinct OCAs, CloudFront last, none that is unfit, a reason for everybody', () => {
  const anyCandidate = fc.record({
    siteId: fc.constantFrom('isp', 'ixp', 'isp-b').map((id) => id as SiteId),
    state: fc.constantFrom('in-service' as const, 'draining' as const, 'out-of-service' as const),
    heldShare: fc.double({ min: 0, max: 1, noNaN: true }).map(ratio),
    isRegistered: fc.boolean(),
    egress: fc.double({ min: 0, max: 200, noNaN: true }).map(gigabitsPerSecond),
  });
  fc.assert(
    fc.property(
      fc.array(anyCandidate, { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      (all, limit) => {
        const candidates = all.map((one, index) =>
          candidate(`oca-${index}`, { ...one, siteKind: one.siteId === 'ixp' ? 'ixp' : 'isp' }),
        );
        const { pathways, candidates: verdicts } = rank(candidates, TITLE, limit);
        expect(pathways.at(-1)).toBe('cloudfront');
        expect(new Set(pathways).size).toBe(pathways.length);
        expect(pathways.length).toBeLessThanOrEqual(limit + 1);
        expect(verdicts).toHaveLength(candidates.length + 1);
        expect(verdicts.every((verdict) => verdict.reasons.length > 0)).toBe(true);
        expect(verdicts.flatMap((verdict) => verdict.rank ?? [])).toEqual(
          pathways.map((_, index) => index + 1),
        );
        for (const id of pathways.slice(0, -1)) {
          const chosen = candidates.find((one) => one.ocaId === id);
          expect(chosen).toMatchObject({ state: 'in-service', isRegistered: true });
          expect(chosen?.heldShare).toBeGreaterThanOrEqual(0.5);
        }
      },
    ),
    { seed: 20_264 },
  );
});
