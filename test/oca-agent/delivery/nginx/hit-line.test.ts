import { expect, test } from '@jest/globals';
import { parseHit } from '../../../../oca-agent/delivery/nginx/hit-line.ts';

const line = (changes: Record<number, string> = {}) =>
  [
    '1800000000.250',
    'abcdef0123456789abcdef0123456789',
    '192.0.2.7',
    'GET',
    '206',
    '1000',
    '0.125',
    'OK',
    'bytes=0-999',
    '/~a.b.c/content/film-1/video/1080p.mp4?CMCD=sid%3D1',
    'ot=v',
    '-',
    '-',
    'bs',
  ]
    .map((field, index) => changes[index] ?? field)
    .join('\t');

test('a line tells who was sent how much of what, for how long', () => {
  expect(parseHit(line())).toEqual({
    endedAt: 1_800_000_000_250,
    requestId: 'abcdef0123456789abcdef0123456789',
    address: '192.0.2.7',
    method: 'GET',
    status: 206,
    sentBytes: 1000,
    took: 125,
    isWhole: true,
    range: 'bytes=0-999',
    target: '/~a.b.c/content/film-1/video/1080p.mp4?CMCD=sid%3D1',
    token: 'a.b.c',
    titleId: 'film-1',
    file: 'video/1080p.mp4',
    cmcdFields: 'ot=v,bs',
  });
});

test('a client that left, and fields that were not there, are told apart', () => {
  const hit = parseHit(line({ 7: '', 8: '-', 10: '-', 13: '-' }));
  expect(hit).toMatchObject({ isWhole: false, range: undefined, cmcdFields: '' });
});

test.each([
  ['the end of a line whose beginning is lost', line().slice(100)],
  ['the beginning of a line', line().slice(0, 60)],
  ['a line with one field more', `${line()}\tx`],
  ['a path that is none', line({ 9: '/~a/content/film-1/../x.mp4' })],
  ['a path without content', line({ 9: '/health' })],
])('%s is no hit', (_, text) => {
  expect(parseHit(text)).toBeUndefined();
});
