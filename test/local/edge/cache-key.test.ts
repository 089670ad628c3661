import { describe, expect, test } from '@jest/globals';
import { cacheKey, selectKeyParts } from '../../../local/edge/cache/cache-key.ts';
import type { CachePolicy } from '../../../local/edge/distribution/cache-policy.ts';

const policy: CachePolicy = {
  minTtlSeconds: 0,
  defaultTtlSeconds: 1,
  maxTtlSeconds: 1,
  acceptsGzip: true,
  acceptsBrotli: true,
  queryParameters: { kind: 'listed', names: ['profile', 'language'] },
  headers: { kind: 'listed', names: ['x-device'] },
  cookies: { kind: 'listed', names: ['theme'] },
};

function keyOf(path: string, querystring: string, fields: Record<string, string> = {}): string {
  return cacheKey(path, selectKeyParts(policy, { querystring, fields }));
}

describe('the cache key', () => {
  test('is the same whatever unlisted parameters, headers and cookies say', () => {
    const plain = keyOf('/content/t/f', '');
    expect(keyOf('/content/t/f', 'CMCD=br%3D3200&session=x')).toBe(plain);
    expect(keyOf('/content/t/f', '', { range: 'bytes=0-1', authorization: 'x' })).toBe(plain);
    expect(keyOf('/content/t/f', '', { cookie: 'other=1' })).toBe(plain);
  });

  test.each([
    ['another path', keyOf('/content/t/g', '')],
    ['a listed parameter', keyOf('/content/t/f', 'profile=hd')],
    ['a listed parameter without a value', keyOf('/content/t/f', 'profile')],
    ['a listed header', keyOf('/content/t/f', '', { 'x-device': 'tv' })],
    ['a listed cookie', keyOf('/content/t/f', '', { cookie: 'a=1; theme=dark' })],
  ])('differs by %s', (_, key) => {
    expect(key).not.toBe(keyOf('/content/t/f', ''));
  });

  test('keeps listed parameters in their order, repeated ones too', () => {
    const parts = selectKeyParts(policy, {
      querystring: 'language=a&x=1&profile=b&language=c',
      fields: {},
    });
    expect(parts.querystring).toBe('language=a&profile=b&language=c');
  });

  test.each([
    [undefined, ''],
    ['identity', ''],
    ['gzip, deflate', 'gzip'],
    ['gzip;q=0', ''],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', 'br,gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', ''],
  ])('takes Accept-Encoding %j for %j', (value, expected) => {
    const fields: Record<string, string> = value === undefined ? {} : { 'accept-encoding': value };
    expect(selectKeyParts(policy, { querystring: '', fields }).encodings).toBe(expected);
  });

  test('holds no encoding where the policy has none', () => {
    const plain = { ...policy, acceptsGzip: false, acceptsBrotli: false };
    const fields = { 'accept-encoding': 'br, gzip' };
    expect(selectKeyParts(plain, { querystring: '', fields }).encodings).toBe('');
  });
});
