import { expect, test } from '@jest/globals';
import { readHlsPlaylist } from '../../../../bin/distributary/publish/hls-playlist.ts';

const media = (...lines: string[]) => ['#EXTM3U', ...lines, '#EXT-X-ENDLIST', ''].join('\n');

function read(main: string, others: Readonly<Record<string, string>>) {
  const files = new Set(['main.m3u8', ...Object.keys(others)]);
  return readHlsPlaylist(main, 'main.m3u8', { files, read: (file) => others[file] ?? '' });
}

const variant = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nv.m3u8\n';

test('a playlist without its first line is refused', () => {
  expect(() => read('#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8', {})).toThrow(
    'expected #EXTM3U in its first line',
  );
});

test('a media playlist that is not there is refused', () => {
  expect(() => read(variant, {})).toThrow(
    'main.m3u8: expected the file v.m3u8, which it refers to',
  );
});

test('a playlist that may still grow is refused, in its own name', () => {
  const growing = { 'v.m3u8': '#EXTM3U\n#EXTINF:2,\nv1.m4s\n', 'v1.m4s': '' };
  expect(() => read(variant, growing)).toThrow('v.m3u8: expected #EXT-X-ENDLIST');
});

test('a segment that is not there is refused, in the name of the playlist that wants it', () => {
  const playlist = media('#EXTINF:2,', 'v1.m4s');
  expect(() => read(variant, { 'v.m3u8': playlist })).toThrow('v.m3u8: expected the file v1.m4s');
});

test('variants and audio groups become tracks, with the codecs that are theirs', () => {
  const main = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch, Stereo",LANGUAGE="de",CHANNELS="2",URI="audio/a.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=1200,AVERAGE-BANDWIDTH=1000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"

v.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=10,URI="i.m3u8"
`;
  const others = {
    'audio/a.m3u8': media('#EXT-X-MAP:URI="init.mp4"', '#EXTINF:2.0,', 'a1.m4s'),
    'audio/init.mp4': '',
    'audio/a1.m4s': '',
    'v.m3u8': media(
      '#EXT-X-MAP:URI="v.mp4",BYTERANGE="10@0"',
      '#EXTINF:2.5,',
      '#EXT-X-BYTERANGE:5@10',
      'v.mp4',
      '#EXTINF:1.5,',
      '#EXT-X-BYTERANGE:5@15',
      'v.mp4',
    ),
    'v.mp4': '',
    'i.m3u8': media('#EXTINF:4,', '#EXT-X-BYTERANGE:5@10', 'v.mp4'),
  };
  expect(read(main, others)).toEqual({
    durationSeconds: 4,
    files: [
      'main.m3u8',
      'audio/a.m3u8',
      'audio/init.mp4',
      'audio/a1.m4s',
      'v.m3u8',
      'v.mp4',
      'i.m3u8',
    ],
    tracks: [
      {
        trackId: '0',
        kind: 'audio',
        profile: 'aac-stereo',
        codecs: 'mp4a.40.2',
        bandwidthBitsPerSecond: 0,
        language: 'de',
        files: ['audio/init.mp4', 'audio/a1.m4s'],
      },
      {
        trackId: '1',
        kind: 'video',
        profile: 'h264-720p',
        codecs: 'avc1.64001f',
        bandwidthBitsPerSecond: 1000,
        width: 1280,
        height: 720,
        files: ['v.mp4'],
      },
    ],
  });
});
