import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import type { ByteSpan } from '#domain/delivery/byte-range.ts';
import { bytes as bytesOf } from '#domain/units.ts';
import { ByteLru } from '../../../local/edge/cache/byte-lru.ts';
import { BLOCK_BYTES, SparseBody } from '../../../local/edge/cache/sparse-body.ts';
import { noise } from './edge-harness.ts';

test('a block that has begun to come is not fetched again, however slow it is', async () => {
  const content = noise(3 * BLOCK_BYTES, 8);
  const fetched: ByteSpan[] = [];
  const slow = new PassThrough();
  const body = new SparseBody(content.length, new ByteLru(bytesOf(2 ** 20)), async (span) => {
    fetched.push(span);
    if (fetched.length === 1) return { body: slow, cacheStatus: undefined };
    const rest = new PassThrough();
    rest.end(content.subarray(span.first, span.last + 1));
    return { body: rest, cacheStatus: undefined };
  });
  const [half, end] = [1.5 * BLOCK_BYTES, 2 * BLOCK_BYTES];
  slow.write(content.subarray(BLOCK_BYTES, half));
  const few = await body.open({ first: BLOCK_BYTES + 5, last: BLOCK_BYTES + 9 });
  expect(await buffer(few.stream)).toEqual(content.subarray(BLOCK_BYTES + 5, BLOCK_BYTES + 10));
  const whole = await body.open({ first: 0, last: content.length - 1 });
  slow.end(content.subarray(half, end));
  expect((await buffer(whole.stream)).equals(content)).toBe(true);
  expect(fetched.map(({ first, last }) => [first, last + 1])).toEqual([
    [BLOCK_BYTES, end],
    [0, BLOCK_BYTES],
    [end, 3 * BLOCK_BYTES],
  ]);
});
