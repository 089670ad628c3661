import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentPathOf, isFile, parseDeliveryPath } from '#domain/delivery/path-grammar.ts';
import type { TitleId } from '#domain/ids.ts';

test.each([
  '',
  '/',
  '/content',
  '/content/',
  '/content/t',
  '/content/t/',
  '/content//a.mp4',
  '/content/T/a.mp4',
  '/content/t//a.mp4',
  '/content/t/./a.mp4',
  '/content/t/../u/a.mp4',
  '/content/t/..',
  '/content/t/.hidden',
  '/content/t/a%2e%2e/b',
  '/content/t/%2e%2e%2fb',
  '/content/t/a\\b',
  '/content/t/a\0b',
  '/content/t/a b',
  '/content/t/ä.mp4',
  '/content/t/1/2/3/4/5/6/7/8/9',
  `/content/t/${'a'.repeat(513)}`,
  '/~/content',
  '/~a/b/content/t/a.mp4',
  '/~a~b/content/t/a.mp4',
  '/~token',
  '/images/',
  '/images/../content/t/a.mp4',
  '/health/',
  'http://host/content/t/a.mp4',
  '//content/t/a.mp4',
])('%j has no parse', (target) => {
  expect(parseDeliveryPath(target)).toBeUndefined();
});

test('a content path is taken apart, and its token taken out', () => {
  expect(
    parseDeliveryPath('/~ab.c-d._e/content/city-at-night/video/1/seg-00001.m4s?CMCD=bl%3D1'),
  ).toEqual({
    kind: 'content',
    token: 'ab.c-d._e',
    path: '/content/city-at-night/video/1/seg-00001.m4s',
    titleId: 'city-at-night',
    file: 'video/1/seg-00001.m4s',
  });
});

test('a path without a token has an empty one', () => {
  expect(parseDeliveryPath('/content/t/a.mp4')).toMatchObject({
    token: '',
    path: '/content/t/a.mp4',
  });
});

test('artwork and health have their own kinds', () => {
  expect(parseDeliveryPath('/images/t/poster.avif')).toMatchObject({
    kind: 'image',
    file: 't/poster.avif',
  });
  expect(parseDeliveryPath('/health?now')).toEqual({ kind: 'health' });
});

test('whatever parses leads back to itself and never outside its title', () => {
  const segment = fc.string({
    unit: fc.constantFrom(...'ab.-_%/\\~Z9'),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 10 }), (segments) => {
      const file = segments.join('/');
      const parsed = parseDeliveryPath(`/content/t/${file}`);
      expect(parsed !== undefined).toBe(isFile(file));
      if (parsed?.kind !== 'content') return;
      expect(parsed.path).toBe(contentPathOf('t' as TitleId, parsed.file));
      expect(new URL(parsed.path, 'http://host').pathname).toBe(parsed.path);
    }),
    { seed: 20261123, numRuns: 2000 },
  );
});
