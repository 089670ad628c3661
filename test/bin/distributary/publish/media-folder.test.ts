import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  findTitleFolders,
  readMediaFolder,
} from '../../../../bin/distributary/publish/media-folder.ts';

const MPD =
  '<MPD mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="1" codecs="avc1"><BaseURL>v.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>';
const HLS = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1"\nv.m3u8\n';
const MEDIA_PLAYLIST = '#EXTM3U\n#EXTINF:2,\nv.mp4\n#EXT-X-ENDLIST\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'media-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

test('a folder without a manifest is refused, and so is one with media playlists alone', () => {
  write({ 'v.m3u8': MEDIA_PLAYLIST, 'v.mp4': 'x' });
  expect(() => readMediaFolder(folder)).toThrow(
    expect.objectContaining({ code: 'media-without-manifest' }),
  );
});

test('two manifests of a kind are refused: nobody could tell which is meant', () => {
  write({ 'a.mpd': MPD, 'b.mpd': MPD, 'v.mp4': 'x' });
  expect(() => readMediaFolder(folder)).toThrow(
    'a.mpd: expected to be the only playback manifest of its kind; found b.mpd beside it',
  );
});

test('a title description that is not one is refused', () => {
  write({ 'a.mpd': MPD, 'v.mp4': 'x', 'title.json': '{"titleId":"Not An Id"}' });
  expect(() => readMediaFolder(folder)).toThrow('title.json: expected a title description');
});

test('DASH and HLS over the same media are one title; what neither leads to is left out', () => {
  write({
    'manifest.mpd': MPD,
    'main.m3u8': HLS,
    'v.m3u8': MEDIA_PLAYLIST,
    'v.mp4': 'x',
    'notes.txt': 'x',
    '.hidden': 'x',
    'title.json': '{"name":"A Name","extra":1}',
  });
  expect(readMediaFolder(folder)).toMatchObject({
    dash: 'manifest.mpd',
    hls: 'main.m3u8',
    durationSeconds: 2,
    tracks: [{ trackId: 'v' }],
    files: ['main.m3u8', 'manifest.mpd', 'v.m3u8', 'v.mp4'],
    leftOut: ['notes.txt'],
    description: { name: 'A Name' },
  });
});

test('titles are found in the folder itself, or in the folders in it', () => {
  write({ 'one/a.mpd': MPD, 'two/b.m3u8': HLS, 'three/readme.txt': '' });
  expect(findTitleFolders(folder)).toEqual([join(folder, 'one'), join(folder, 'two')]);
  expect(findTitleFolders(join(folder, 'one'))).toEqual([join(folder, 'one')]);
  expect(() => findTitleFolders(join(folder, 'three'))).toThrow('holds no playback manifest');
  expect(() => findTitleFolders(join(folder, 'four'))).toThrow('cannot be read (ENOENT)');
});
