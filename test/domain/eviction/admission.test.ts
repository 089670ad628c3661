import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  SecondHitAdmission,
  surpriseExcessBytes,
  surpriseLimitBytes,
} from '#domain/eviction/admission.ts';
import { bytes, epochMs, seconds } from '#domain/units.ts';

const NOW = epochMs(Date.UTC(2026, 10, 23));
const MEMORY = seconds(3600);
const KEYS = 1000;
const secondsLater = (count: number) => epochMs(NOW + 1000 * count);

describe('a surprise', () => {
  test('is admitted at its second request', () => {
    const admission = new SecondHitAdmission(KEYS, MEMORY);
    expect([1, 2, 3].map(() => admission.admits(77, NOW))).toEqual([false, true, false]);
  });

  test('is a stranger again when its first request was too long ago', () => {
    const admission = new SecondHitAdmission(KEYS, MEMORY);
    admission.admits(77, NOW);
    expect(admission.admits(77, secondsLater(3601))).toBe(false);
    expect(admission.admits(77, secondsLater(7201))).toBe(true);
  });

  test('is not taken for another one', () => {
    const admission = new SecondHitAdmission(KEYS, MEMORY);
    const admitted = Array.from({ length: 500 }, (_, key) =>
      admission.admits(key * 2 ** 40 + key, NOW),
    );
    expect(admitted).not.toContain(true);
  });

  test('is forgotten when thousands came after it, and not when few did', () => {
    const admission = new SecondHitAdmission(KEYS, MEMORY);
    admission.admits(1, NOW);
    for (let key = 2; key < 100; key += 1) admission.admits(key, secondsLater(1));
    expect(admission.admits(1, secondsLater(1))).toBe(true);
    admission.admits(1, secondsLater(2));
    for (let key = 2; key < 20_000; key += 1) admission.admits(-key, secondsLater(3));
    expect(admission.admits(1, secondsLater(3))).toBe(false);
  });
});

describe('the share of surprises', () => {
  test('is a whole number of bytes, never more than the share', () => {
    expect(surpriseLimitBytes(bytes(1999), 0.1)).toBe(199);
    expect(surpriseLimitBytes(bytes(1999), 0)).toBe(0);
  });

  test('is never exceeded when as much goes as is asked for, and nobody goes without need', () => {
    const size = fc.nat(1000).map(bytes);
    fc.assert(
      fc.property(size, size, size, (limitBytes, heldBytes, sizeBytes) => {
        const excess = surpriseExcessBytes({ limitBytes, heldBytes, sizeBytes });
        if (excess === undefined) return expect(sizeBytes).toBeGreaterThan(limitBytes);
        expect(heldBytes - excess + sizeBytes).toBeLessThanOrEqual(limitBytes + 0);
        if (excess > 0) expect(heldBytes - excess + sizeBytes).toBe(limitBytes);
      }),
    );
  });
});
