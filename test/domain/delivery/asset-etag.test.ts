import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assetEtag, assetStampSeconds } from '#domain/delivery/asset-etag.ts';
import type { AssetId } from '#domain/ids.ts';

const assetIds = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((digest) => Buffer.from(digest).toString('hex') as AssetId);

test('the stamp is the first 31 bits, and the tag says stamp and size in hex', () => {
  const assetId = `c0000003${'0'.repeat(56)}` as AssetId;
  expect(assetStampSeconds(assetId)).toBe(0x60000001);
  expect(assetEtag(assetId, 4096)).toBe('"60000001-1000"');
});

test('every stamp is a second that any file system can keep', () => {
  fc.assert(
    fc.property(assetIds, (assetId) => {
      const stamp = assetStampSeconds(assetId);
      expect(Number.isSafeInteger(stamp) && stamp >= 0 && stamp < 2 ** 31).toBe(true);
    }),
  );
});
