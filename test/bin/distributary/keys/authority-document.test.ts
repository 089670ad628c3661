import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { makeAuthority } from '../../../../bin/distributary/keys/authority-document.ts';

test('two authorities of one name can be told apart by their subjects', async () => {
  const make = () => makeAuthority({ name: 'Clients of acme', now: epochMs(1_800_000_000_000) });
  const subjects = (await Promise.all([make(), make()])).map(
    ({ certificate }) => new X509Certificate(certificate).subject,
  );
  for (const subject of subjects) expect(subject).toMatch(/^CN=Clients of acme [0-9a-f]{8}$/);
  expect(new Set(subjects).size).toBe(2);
});
