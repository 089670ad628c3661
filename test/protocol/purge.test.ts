import { expect, test } from '@jest/globals';
import type { TitleId } from '#domain/ids.ts';
import { decode } from '#protocol/decode.ts';
import { isPurged, purgeRequest } from '#protocol/purge.ts';

const titleId = 'city' as TitleId;
const other = 'city-2' as TitleId;

test('a purge means its files, its prefix, or all of its title, and nothing of another one', () => {
  const means = (scope: object, files: readonly string[], of = titleId) =>
    files.map((file) => isPurged({ titleId, ...scope }, { titleId: of, file }));
  expect(means({}, ['a.mp4', 'video/b.mp4'])).toEqual([true, true]);
  expect(means({ files: ['a.mp4'] }, ['a.mp4', 'a.mp4x', 'b/a.mp4'])).toEqual([true, false, false]);
  expect(means({ prefix: 'video' }, ['video.mp4', 'video/b', 'a/video'])).toEqual([
    true,
    true,
    false,
  ]);
  expect(means({ files: [] }, ['a.mp4'])).toEqual([false]);
  for (const scope of [{}, { files: ['a.mp4'] }, { prefix: 'a' }])
    expect(means(scope, ['a.mp4'], other)).toEqual([false]);
});

test('a request whose prefix or file could be no file’s is refused', () => {
  for (const scope of [
    { prefix: '' },
    { prefix: '../x' },
    { prefix: 'a*' },
    { file: '/a' },
    { file: 'a/../b' },
  ])
    expect(decode(purgeRequest, { titleId, ...scope }).ok).toBe(false);
  expect(decode(purgeRequest, { titleId, prefix: 'video/', soft: true }).ok).toBe(true);
});
