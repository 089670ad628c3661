import { expect, test } from '@jest/globals';
import { contentTypeOf, isPlaybackManifest } from '#domain/delivery/content-type.ts';

test.each([
  ['manifest.mpd', 'application/dash+xml'],
  ['main.m3u8', 'application/vnd.apple.mpegurl'],
  ['video/SEG.M4S', 'video/iso.segment'],
  ['audio.m4a', 'audio/mp4'],
  ['subtitles.vtt', 'text/vtt; charset=utf-8'],
  ['README', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
])('%s is %s', (file, type) => {
  expect(contentTypeOf(file)).toBe(type);
});

test('playback manifests are told from media by their extension', () => {
  expect(['a.mpd', 'b/main.m3u8'].every(isPlaybackManifest)).toBe(true);
  expect(['a.mp4', 'mpd', 'a.mpd.mp4'].some(isPlaybackManifest)).toBe(false);
});
