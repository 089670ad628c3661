import { expect, test } from '@jest/globals';
import { readDashManifest } from '../../../../bin/distributary/publish/dash-manifest.ts';

const mpd = (content: string, attributes = 'type="static" mediaPresentationDuration="PT1M4.5S"') =>
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${attributes}>${content}</MPD>`;
const read = (xml: string, files: readonly string[] = []) =>
  readDashManifest(xml, 'manifest.mpd', new Set(['manifest.mpd', ...files]));
const representation = (content: string, attributes = '') =>
  `<Period><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="1000" codecs="avc1.64001e" ${attributes}>${content}</Representation></AdaptationSet></Period>`;

const faults: [what: string, xml: string, message: RegExp][] = [
  ['text that is not XML', '<MPD><Period></MPD>', /expected well-formed XML; found .+/],
  ['another document', '<html></html>', /expected the root element MPD; found html/],
  ['a live presentation', mpd('', 'type="dynamic"'), /type="static"; found a live one/],
  ['no Representation', mpd('<Period/>'), /expected a Representation; found none/],
  [
    'a file that is not there',
    mpd(representation('<BaseURL>v.mp4</BaseURL>')),
    /expected the file v\.mp4, which it refers to; found no such file/,
  ],
  [
    'another host',
    mpd(representation('<BaseURL>https://cdn.example/v.mp4</BaseURL>')),
    /expected references into its own folder; found https:\/\/cdn\.example\/v\.mp4/,
  ],
  [
    'a name that no URL of ours can have',
    mpd(representation('<BaseURL>my%20film.mp4</BaseURL>')),
    /expected file names of .*; found "my film\.mp4"/,
  ],
  [
    'a template without media',
    mpd(representation('<SegmentTemplate initialization="i.mp4"/>')),
    /expected the attribute media of SegmentTemplate/,
  ],
];
test.each(faults)(
  '%s is refused, with what was expected and what was found',
  (_what, xml, message) => {
    expect(() => read(xml)).toThrow(
      expect.objectContaining({ code: 'media-invalid', message: expect.stringMatching(message) }),
    );
  },
);

test('a missing segment in the middle is refused', () => {
  const xml = mpd(representation('<SegmentTemplate media="s-$Number$.m4s"/>'));
  expect(() => read(xml, ['s-1.m4s', 's-2.m4s', 's-4.m4s'])).toThrow(
    'expected no gap in files like s-$Number$.m4s; found nothing before s-4.m4s',
  );
});

test('a presentation without a duration is refused', () => {
  const xml = mpd(representation('<BaseURL>v.mp4</BaseURL>'), 'type="static"');
  expect(() => read(xml, ['v.mp4'])).toThrow('expected the attribute mediaPresentationDuration');
});

test('byte ranges of one file make one file', () => {
  const list =
    '<BaseURL>v.mp4</BaseURL><SegmentList><Initialization range="0-9"/><SegmentURL mediaRange="10-19"/><SegmentURL mediaRange="20-29"/></SegmentList>';
  const manifest = read(mpd(representation(list, 'width="720" height="404"')), ['v.mp4']);
  expect(manifest).toEqual({
    durationSeconds: 64.5,
    files: ['manifest.mpd', 'v.mp4'],
    tracks: [
      {
        trackId: 'v',
        kind: 'video',
        profile: 'h264-404p',
        codecs: 'avc1.64001e',
        bandwidthBitsPerSecond: 1000,
        width: 720,
        height: 404,
        files: ['v.mp4'],
      },
    ],
  });
});

test('a template is followed in folders, in the order of its numbers, initialization first', () => {
  const xml = mpd(
    `<Period><AdaptationSet contentType="audio" lang="de"><SegmentTemplate initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s"/>
      <Representation id="a" bandwidth="96000" codecs="mp4a.40.2"><AudioChannelConfiguration value="2"/></Representation></AdaptationSet></Period>`,
  );
  const segments = ['a/00009.m4s', 'a/00010.m4s', 'a/00011.m4s'];
  const { tracks } = read(xml, [...segments.toReversed(), 'a/init.mp4', 'b/00001.m4s']);
  expect(tracks).toMatchObject([
    { kind: 'audio', profile: 'aac-stereo', language: 'de', files: ['a/init.mp4', ...segments] },
  ]);
});

test('segments by time may have gaps between their names', () => {
  const xml = mpd(representation('<SegmentTemplate media="s-$Time$.m4s"/>'));
  const { tracks } = read(xml, ['s-0.m4s', 's-180180.m4s', 's-90090.m4s']);
  expect(tracks[0]?.files).toEqual(['s-0.m4s', 's-90090.m4s', 's-180180.m4s']);
});

test('base URLs add up from level to level', () => {
  const xml = mpd(
    `<BaseURL>media/</BaseURL>${representation('<BaseURL>v.mp4</BaseURL>').replace('<Period>', '<Period><BaseURL>one/</BaseURL>')}`,
  );
  expect(read(xml, ['media/one/v.mp4']).tracks[0]?.files).toEqual(['media/one/v.mp4']);
});

test('tracks of several periods keep apart, and their durations add up', () => {
  const period = representation('<BaseURL>v.mp4</BaseURL>').replace(
    '<Period>',
    '<Period duration="PT1H10S">',
  );
  const manifest = read(mpd(period + period, ''), ['v.mp4']);
  expect(manifest.tracks.map(({ trackId }) => trackId)).toEqual(['0-v', '1-v']);
  expect(manifest.durationSeconds).toBe(7220);
});

test('thumbnails are published though they are no track', () => {
  const xml = mpd(
    `${representation('<BaseURL>v.mp4</BaseURL>')}<Period><AdaptationSet mimeType="image/jpeg"><Representation id="t" bandwidth="1"><BaseURL>t.jpg</BaseURL></Representation></AdaptationSet></Period>`,
  );
  const { tracks, files } = read(xml, ['v.mp4', 't.jpg']);
  expect(tracks).toHaveLength(1);
  expect(files).toEqual(['manifest.mpd', 'v.mp4', 't.jpg']);
});
