import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renewalDueAt } from '#domain/identity/renewal.ts';
import { epochMs } from '#domain/units.ts';

const DAY_MS = 86_400_000;
const instant = fc.integer({ min: 0, max: 8e15 / 2 }).map(epochMs);
const life = fc.integer({ min: 3, max: 400 * DAY_MS });

test('a certificate of 30 days is due on the tenth', () => {
  const notBefore = epochMs(Date.UTC(2026, 10, 1));
  const notAfter = epochMs(notBefore + 30 * DAY_MS);
  expect(renewalDueAt({ notBefore, notAfter })).toBe(Date.UTC(2026, 10, 11));
});

test('renewal is due within the life, with at least twice the time left that has passed', () => {
  fc.assert(
    fc.property(instant, life, (notBefore, lifeMs) => {
      const notAfter = epochMs(notBefore + lifeMs);
      const dueAt = renewalDueAt({ notBefore, notAfter });
      expect(dueAt).toBeGreaterThan(notBefore);
      expect(notAfter - dueAt).toBeGreaterThanOrEqual(2 * (dueAt - notBefore));
      expect(notAfter - dueAt).toBeLessThanOrEqual(2 * (dueAt - notBefore) + 3);
    }),
  );
});

test('the same life is due at the same age, whenever it begins', () => {
  fc.assert(
    fc.property(instant, instant, life, (one, other, lifeMs) => {
      const ageAtRenewal = (notBefore: typeof one) =>
        renewalDueAt({ notBefore, notAfter: epochMs(notBefore + lifeMs) }) - notBefore;
      expect(ageAtRenewal(one)).toBe(ageAtRenewal(other));
    }),
  );
});

test('a certificate that ends before it begins is due at once', () => {
  expect(renewalDueAt({ notBefore: epochMs(10), notAfter: epochMs(5) })).toBe(10);
});
