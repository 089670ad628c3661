import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { derOf, pemOf } from '#protocol/x509/pem.ts';

test('a block of another label, or none, is not found', () => {
  const pem = pemOf('CERTIFICATE', Uint8Array.of(1, 2, 3).buffer);
  expect(derOf('PRIVATE KEY', pem)).toBeUndefined();
  expect(derOf('CERTIFICATE', '')).toBeUndefined();
  expect(derOf('CERTIFICATE', pem.replace('AQID', 'AQI=D'))).toBeUndefined();
});

test('what is written is read back, whatever stands before it, in lines that every program takes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
      const pem = pemOf('PRIVATE KEY', Uint8Array.from(bytes).buffer);
      const file = `${pemOf('CERTIFICATE', Uint8Array.of(7).buffer)}${pem.replaceAll('\n', '\r\n')}`;
      expect(derOf('PRIVATE KEY', file)).toEqual(Uint8Array.from(bytes));
      expect(Math.max(...pem.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(64);
    }),
  );
});
