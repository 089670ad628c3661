import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DOMParser, type Element } from '@xmldom/xmldom';
import type { PlaybackSession } from '#protocol/playback.ts';
import type { SteeringManifest } from '#protocol/steering-manifest.ts';
import { type ControlPlaneUnderTest, startControlPlane } from '../support/control-plane.ts';
import { fleetInService, ISP_CLIENT, MPD, publish, reportAll } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
let session: PlaybackSession;
beforeEach(async () => {
  plane = await startControlPlane();
  await fleetInService(plane);
  session = await start('city');
});
afterEach(() => plane.stop());

const start = async (titleId: string) => {
  const target = `/v1/playback/${titleId}`;
  return (await plane.playback<PlaybackSession>('GET', target, { clientAddress: ISP_CLIENT })).json;
};
const get = (url: string | undefined) =>
  plane.playback('GET', (url ?? '').replace('https://play.test', ''));
const mpdOf = (text: string) => {
  const root = new DOMParser().parseFromString(text, 'application/xml').documentElement;
  return [...(root?.childNodes ?? [])].filter((node): node is Element => node.nodeType === 1);
};
const steeringIn = (dataUri: string): SteeringManifest =>
  JSON.parse(
    Buffer.from(dataUri.replace('data:application/json;base64,', ''), 'base64').toString(),
  );
const serverUri = (playlist: string) => /SERVER-URI="([^"]*)"/.exec(playlist)?.[1] ?? '';

test.each(['manifest.mpd', 'main.m3u8'])('%s asks for a session of its own title', async (file) => {
  await publish(plane, 'harbor');
  const foreign = new URL((await start('harbor')).dashUrl ?? '').search;
  const refusals = await Promise.all(
    [
      `/v1/playback/city/${file}`,
      `/v1/playback/city/${file}?session=abc`,
      `/v1/playback/city/${file}${foreign}`,
    ].map(get),
  );
  expect(refusals.map(({ status, json }) => [status, json.code])).toEqual([
    [401, 'token-missing'],
    [401, 'token-malformed'],
    [403, 'token-scope'],
  ]);
});

test('a session that has ended says so', async () => {
  plane.clock.advance(8 * 3_600_000);
  const answer = await get(session.dashUrl);
  expect([answer.status, answer.json.code]).toEqual([410, 'session-ended']);
});

test('a title whose MPD was never uploaded, or is no MPD, is the title’s fault and not the player’s', async () => {
  await publish(plane, 'broken', {
    dash: 'absent.mpd',
    assets: [
      { assetId: 'a'.repeat(64), file: 'absent.mpd', sizeBytes: 1, contentType: 'x', etag: '"a"' },
    ],
    tracks: [],
    hls: undefined,
  });
  const { dashUrl } = await start('broken');
  expect((await get(dashUrl)).json.code).toBe('asset-not-found');
  for (const text of ['<html/>', '<MPD', 'not xml at all']) {
    await plane.putContent('content/broken/absent.mpd', text);
    expect((await get(dashUrl)).json.code).toBe('upstream-invalid');
  }
});

test('the MPD declares every pathway in order, and carries its first steering manifest', async () => {
  const { status, text, headers } = await get(session.dashUrl);
  expect(status).toBe(200);
  expect(headers['Content-Type']).toBe('application/dash+xml');
  expect(headers['Cache-Control']).toBe('no-store');
  const children = mpdOf(text);
  expect(children.map((child) => child.localName)).toEqual([
    ...['ProgramInformation', 'ContentSteering'],
    ...session.pathways.map(() => 'BaseURL'),
    'Period',
  ]);
  const [, steering, ...rest] = children;
  expect(steering?.getAttribute('queryBeforeStart')).toBe('true');
  expect(steering?.getAttribute('defaultServiceLocation')).toBe(session.pathways[0]?.id);
  expect(steeringIn(steering?.textContent ?? '')).toEqual({
    VERSION: 1,
    TTL: 5,
    'RELOAD-URI': session.steeringUrl,
    'PATHWAY-PRIORITY': session.pathways.map((pathway) => pathway.id),
  });
  const bases = rest.slice(0, -1);
  expect(bases.map((base) => base.getAttribute('serviceLocation'))).toEqual(
    session.pathways.map((pathway) => pathway.id),
  );
  const [video] = session.video_tracks;
  expect(bases.map((base) => new URL('video-180p.mp4', base.textContent ?? '').href)).toEqual(
    video?.cdn_urls,
  );
});

test('an MPD in a subfolder, with a BaseURL of its own and a Location, still leads to its files', async () => {
  const assets = [
    {
      assetId: 'a'.repeat(64),
      file: 'dash/stream.mpd',
      sizeBytes: 1,
      contentType: 'x',
      etag: '"a"',
    },
  ];
  await publish(plane, 'nested', { dash: 'dash/stream.mpd', assets, tracks: [], hls: undefined });
  const extra =
    '<BaseURL>media/</BaseURL><BaseURL>https://elsewhere.test/</BaseURL><Location>https://elsewhere.test/x.mpd</Location><Period';
  await plane.putContent('content/nested/dash/stream.mpd', MPD.replace('<Period', extra));
  const { text } = await get((await start('nested')).dashUrl);
  const bases = mpdOf(text).filter((child) => child.localName === 'BaseURL');
  expect(bases).toHaveLength(1);
  expect(bases[0]?.textContent).toMatch(
    /^https:\/\/cf-edge\.test\/~[^/]+\/content\/nested\/dash\/media\/$/,
  );
  expect(text).not.toContain('elsewhere.test');
});

test('the playlist repeats the ladder and its audio once a pathway, with absolute URIs', async () => {
  const { text, headers } = await get(session.hlsUrl);
  expect(headers['Content-Type']).toBe('application/vnd.apple.mpegurl');
  const lines = text.trimEnd().split('\n');
  expect(lines.slice(0, 3)).toEqual(['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS']);
  expect(lines[3]).toMatch(
    /^#EXT-X-CONTENT-STEERING:SERVER-URI="data:[^"]*",PATHWAY-ID="metro-[12]"$/,
  );
  const ids = session.pathways.map((pathway) => pathway.id);
  const perPathway = lines.slice(4);
  expect(perPathway).toHaveLength(ids.length * 5);
  for (const [index, id] of ids.entries()) {
    const [audio = '', low = '', lowUri = '', high = '', highUri = ''] = perPathway.slice(
      index * 5,
    );
    const base = session.audio_tracks[0]?.cdn_urls[index]?.replace('audio.mp4', '');
    expect(audio).toContain(`GROUP-ID="aac-${id}"`);
    expect(audio).toContain(`URI="${base}audio.m3u8"`);
    expect(audio).toContain('STABLE-RENDITION-ID="aac/audio.m3u8"');
    expect(audio).not.toContain('PATHWAY-ID');
    expect(low).toContain(
      `AUDIO="aac-${id}",STABLE-VARIANT-ID="aac/video-180p.m3u8",PATHWAY-ID="${id}"`,
    );
    expect(low).toContain('CODECS="avc1.64000c,mp4a.40.2"');
    expect(high).toContain('STABLE-VARIANT-ID="aac/video-404p.m3u8"');
    expect([lowUri, highUri]).toEqual([`${base}video-180p.m3u8`, `${base}video-404p.m3u8`]);
  }
  const steering = steeringIn(serverUri(text));
  expect(steering['RELOAD-URI']).toBe(session.steeringUrl.replace('/dash?', '/hls?'));
  expect(steering['PATHWAY-PRIORITY']).toEqual(ids);
});

test('a playlist that is none is the title’s fault', async () => {
  for (const text of [
    '\n',
    'hello',
    '#EXTM3U\n#EXTINF:2,\nseg.ts\n',
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n',
  ]) {
    await plane.putContent('content/city/main.m3u8', text);
    expect((await get(session.hlsUrl)).json.code).toBe('upstream-invalid');
  }
});

test('asked again with the same session, a manifest ranks anew: an OCA that died is declared, but last and not steered to', async () => {
  const [first, second] = session.pathways.map((pathway) => pathway.id);
  plane.clock.advance(6001);
  await reportAll(plane, 2, [second ?? '', 'exchange-1']);
  const mpd = mpdOf((await get(session.dashUrl)).text);
  const bases = mpd.filter((child) => child.localName === 'BaseURL');
  const order = [second, 'exchange-1', 'cloudfront', first];
  expect(bases.map((base) => base.getAttribute('serviceLocation'))).toEqual(order);
  const steering = mpd.find((child) => child.localName === 'ContentSteering')?.textContent ?? '';
  expect(steeringIn(steering)['PATHWAY-PRIORITY']).toEqual(order.slice(0, -1));
});

test('a manifest that is published anew is read anew', async () => {
  await get(session.dashUrl);
  await plane.putContent('content/city/manifest.mpd', MPD.replace('City', 'Harbor'));
  expect((await get(session.dashUrl)).text).toContain('<Title>Harbor</Title>');
});
