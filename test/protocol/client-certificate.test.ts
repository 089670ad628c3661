import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isName, isOcaId, type OcaId } from '#domain/ids.ts';
import {
  type ClientIdentity,
  identityUri,
  parseIdentityUri,
  SERIAL_PATTERN,
  serialFromHex,
} from '#protocol/client-certificate.ts';

test.each([
  '',
  'urn:distributary:oca',
  'urn:distributary:oca:',
  'urn:distributary:oca:cloudfront',
  'urn:distributary:oca:metro-1:x',
  'urn:distributary:root:metro-1',
  'urn:distributary:operator:-',
  'urn:distributary:operator:Sam',
  ' urn:distributary:operator:sam',
  'urn:distributary:operator:sam\n',
  'spiffe://distributary/operator/sam',
])('%j names nobody', (uri) => {
  expect(parseIdentityUri(uri)).toBeUndefined();
});

test('whoever has a name is read back from the URI, and no two share one', () => {
  const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/).filter(isName);
  const identity: fc.Arbitrary<ClientIdentity> = fc.oneof(
    name.map((text) => ({ role: 'operator' as const, name: text })),
    name.filter(isOcaId).map((ocaId) => ({ role: 'oca' as const, ocaId: ocaId as OcaId })),
  );
  fc.assert(
    fc.property(identity, (one) => {
      expect(parseIdentityUri(identityUri(one))).toEqual(one);
    }),
  );
});

test('serials are written in one way, however a program prints them', () => {
  expect(['0A', 'a', '000a', '0a'].map(serialFromHex)).toEqual(['a', 'a', 'a', 'a']);
  expect(SERIAL_PATTERN.test(serialFromHex('00C0FFEE'))).toBe(true);
  expect(SERIAL_PATTERN.test(serialFromHex('00'))).toBe(false);
});
