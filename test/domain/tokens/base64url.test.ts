import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeBase64Url, encodeBase64Url } from '#domain/tokens/base64url.ts';

test('what was encoded decodes to the same bytes, and Node agrees on the text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (binary) => {
      const text = encodeBase64Url(binary);
      expect(text).toBe(Buffer.from(binary).toString('base64url'));
      expect(decodeBase64Url(text)).toEqual(new Uint8Array(binary));
    }),
    { seed: 20261123 },
  );
});

test('one value has one spelling: stray bits, padding and other alphabets are refused', () => {
  expect(decodeBase64Url('AA')).toEqual(new Uint8Array([0]));
  for (const text of ['AB', 'A', 'AA==', 'A+', 'A/', 'AAA=', 'AA A', 'AAB']) {
    expect(decodeBase64Url(text)).toBeUndefined();
  }
});
