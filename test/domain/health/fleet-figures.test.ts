import { expect, test } from '@jest/globals';
import { countOcas, firstEnd, siteRatios, worstSites } from '#domain/health/fleet-figures.ts';
import { NO_TRAFFIC, type TrafficCounters } from '#domain/health/traffic-ledger.ts';
import type { OcaFacts, OcaReportFacts, OcaVerdict } from '#domain/health/watch-fleet.ts';
import type { OcaId, SiteId } from '#domain/ids.ts';
import { bitsPerSecond, bytes, epochMs, milliseconds } from '#domain/units.ts';

const NOW = epochMs(1_800_000_000_000);

function verdict({
  report,
  facts,
  ...overrides
}: Partial<Omit<OcaVerdict, 'facts'>> & {
  report?: Partial<OcaReportFacts>;
  facts?: Partial<OcaFacts>;
} = {}): OcaVerdict {
  return {
    facts: {
      ocaId: 'oca' as OcaId,
      siteId: 'site' as SiteId,
      isFromEc2: false,
      isRegistered: true,
      desiredState: 'in-service',
      report: {
        receivedAt: NOW,
        state: 'in-service',
        disksFailed: 0,
        fill: { bytesLeft: bytes(0) },
        ...report,
      },
      ...facts,
    },
    isWatched: true,
    isSilent: false,
    isOutOfService: false,
    isFillBehind: false,
    isToBeRetired: false,
    ...overrides,
  };
}

/** An OCA whose last minute ended so long ago. */
const delivering = (
  counters: Partial<TrafficCounters>,
  { ageMs = 0, capacity }: { ageMs?: number; capacity?: number } = {},
) =>
  verdict({
    report: {
      lastTraffic: {
        counters: { ...NO_TRAFFIC, ...counters },
        duration: milliseconds(60_000),
        endedAt: epochMs(NOW - ageMs),
      },
      ...(capacity === undefined ? {} : { egressCapacity: bitsPerSecond(capacity) }),
    },
  });

const ratiosOf = (verdicts: OcaVerdict[], requestsMin = 100) =>
  siteRatios(verdicts, { now: NOW, requestsMin });

test('only OCAs in use are counted', () => {
  const verdicts = [
    verdict({ isSilent: true, isOutOfService: true }),
    verdict({ isFillBehind: true, report: { disksFailed: 2 } }),
    verdict({ isWatched: false, report: { disksFailed: 5 } }),
  ];
  expect(countOcas(verdicts)).toEqual({
    watched: 2,
    silent: 1,
    outOfService: 1,
    disksFailed: 2,
    fillBehind: 1,
  });
});

test('the first certificate to end is that of an OCA that is heard', () => {
  const ending = (at: number, overrides = {}) =>
    verdict({ facts: { certificateExpiresAt: epochMs(at) }, ...overrides });
  const others = [ending(1, { isSilent: true }), ending(2, { isWatched: false }), verdict()];
  expect(firstEnd(others, 'certificateExpiresAt')).toBeUndefined();
  const all = [...others, ending(9), ending(7)];
  expect(firstEnd(all, 'certificateExpiresAt')).toBe(7);
  expect(firstEnd(all, 'serverCertificateExpiresAt')).toBeUndefined();
});

test('the ratios of a site are those of all its requests together', () => {
  const ratios = ratiosOf([
    delivering({ requests: 900, hits: 600, misses: 200, clientErrors: 9 }),
    delivering({ requests: 100, hits: 0, misses: 100, serverErrors: 1 }),
  ]);
  expect(ratios).toEqual({ cacheHit: 600 / 900, clientError: 0.009, serverError: 0.001 });
});

test('too few requests, or none of late, say nothing', () => {
  expect(ratiosOf([delivering({ requests: 99, hits: 99 })])).toEqual({});
  expect(ratiosOf([delivering({ requests: 500, hits: 500 }, { ageMs: 180_000 })])).toEqual({});
  expect(ratiosOf([verdict()], 0)).toEqual({});
});

test('egress is weighed against the capacity of the OCAs that declare one', () => {
  const ratios = ratiosOf([
    delivering({ sentBytes: 60e9 }, { capacity: 10e9 }),
    delivering({ sentBytes: 15e9 }, { capacity: 10e9 }),
    delivering({ sentBytes: 900e9 }),
  ]);
  expect(ratios.egressUtilization).toBeCloseTo((8e9 + 2e9) / 20e9);
});

test('the worst site is told for every ratio, the first of equals', () => {
  const [a, b, c] = ['a', 'b', 'c'] as SiteId[] as [SiteId, SiteId, SiteId];
  const worst = worstSites(
    new Map([
      [a, { cacheHit: 0.9, clientError: 0.2 }],
      [b, { cacheHit: 0.5, clientError: 0.2 }],
      [c, {}],
    ]),
  );
  expect(worst).toEqual({
    cacheHit: { siteId: b, ratio: 0.5 },
    clientError: { siteId: a, ratio: 0.2 },
  });
  expect(worstSites(new Map())).toEqual({});
});
