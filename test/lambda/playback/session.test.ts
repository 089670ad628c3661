import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { importTokenKey, verifySessionToken } from '#domain/tokens/session-token.ts';
import { decode } from '#protocol/decode.ts';
import { type PlaybackSession, playbackSession, type TitleList } from '#protocol/playback.ts';
import {
  type ControlPlaneUnderTest,
  ENVIRONMENT,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import {
  fleetInService,
  hold,
  ISP_CLIENT,
  OCAS,
  OTHER_CLIENT,
  publish,
  reportAll,
} from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.stop());

const start = async (clientAddress: string) => {
  const answer = await plane.playback<PlaybackSession>('GET', '/v1/playback/city', {
    clientAddress,
  });
  expect(answer.status).toBe(200);
  return answer.json;
};
const idsOf = (session: PlaybackSession) => session.pathways.map((pathway) => pathway.id as string);
/** Past what one instance remembers. */
const letCachesExpire = () => plane.clock.advance(1001);

test('a title that is not published has no session', async () => {
  for (const titleId of ['absent', 'Not.A.Title']) {
    const answer = await plane.playback('GET', `/v1/playback/${titleId}`);
    expect(answer.status).toBe(404);
    expect(answer.json.code).toBe('title-not-found');
    expect(answer.headers['Access-Control-Allow-Origin']).toBe('*');
  }
});

test('with no OCA at all, CloudFront serves', async () => {
  await publish(plane);
  expect(idsOf(await start(ISP_CLIENT))).toEqual(['cloudfront']);
});

test('a session names the OCAs of the ISP, then the exchange, then CloudFront', async () => {
  await fleetInService(plane);
  const session = await start(ISP_CLIENT);
  expect(decode(playbackSession, session)).toEqual({ ok: true, value: session });
  expect(idsOf(session).slice(0, 2).toSorted()).toEqual(['metro-1', 'metro-2']);
  expect(session.pathways.slice(2)).toEqual([
    { id: 'exchange-1', layer: 'oca', host: 'exchange-1.oca.test' },
    { id: 'cloudfront', layer: 'cloudfront', host: 'cf-edge.test' },
  ]);
});

test('a client outside the ISP is sent to the exchange', async () => {
  await fleetInService(plane);
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['exchange-1', 'cloudfront']);
  expect(
    idsOf(await start('2001:db8:1::7'))
      .slice(0, 2)
      .toSorted(),
  ).toEqual(['metro-1', 'metro-2']);
  expect(idsOf(await start('not an address'))).toEqual(['cloudfront']);
});

test('each track has a URL a pathway, best first, on distinct hosts, CloudFront last', async () => {
  await fleetInService(plane);
  const session = await start(ISP_CLIENT);
  const hosts = session.pathways.map((pathway) => pathway.host);
  expect(session.video_tracks.map((track) => track.profile)).toEqual(['v180', 'v404']);
  expect(session.audio_tracks[0]?.language).toBe('en');
  for (const track of [...session.video_tracks, ...session.audio_tracks]) {
    expect(track.cdn_urls.map((url) => new URL(url).host)).toEqual(hosts);
    for (const url of track.cdn_urls) {
      expect(new URL(url).pathname).toMatch(/^\/~[A-Za-z0-9._-]+\/content\/city\/[a-z0-9-]+\.mp4$/);
    }
  }
});

test('the token opens this title alone, for its length and the lifetime, and verifies with the published key', async () => {
  await fleetInService(plane);
  const session = await start(ISP_CLIENT);
  const token = new URL(session.dashUrl ?? '').searchParams.get('session') ?? '';
  const { keys } = (
    await plane.control<{ keys: { kid: string; x: string; purpose: string }[] }>(
      'GET',
      '/v1/keys',
      {
        as: OPERATOR,
      },
    )
  ).json;
  const key = keys.find((candidate) => candidate.purpose === 'session-token');
  const verdict = await verifySessionToken(token, {
    keys: new Map([[key?.kid ?? '', await importTokenKey(key?.x ?? '')]]),
    issuer: ENVIRONMENT.TOKEN_ISSUER,
    now: plane.clock.now(),
  });
  expect(verdict).toMatchObject({
    ok: true,
    claims: {
      sid: session.sessionId,
      p: ['/content/city/'],
      pw: idsOf(session),
      exp: plane.clock.now() / 1000 + 7200 + 64,
    },
  });
  expect(session.expiresAt).toBe(plane.clock.now() + (7200 + 64) * 1000);
});

test('an OCA that falls silent gets no new session after its lease and a second', async () => {
  await fleetInService(plane);
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['exchange-1', 'cloudfront']);
  plane.clock.advance(6001);
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['cloudfront']);
  await reportAll(plane, 2);
  letCachesExpire();
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['exchange-1', 'cloudfront']);
});

test('an OCA that is being drained gets no new session within a second', async () => {
  await fleetInService(plane);
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['exchange-1', 'cloudfront']);
  await plane.control('POST', '/v1/ocas/exchange-1/drain', { as: OPERATOR });
  letCachesExpire();
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['cloudfront']);
});

test('an OCA that holds little of the title is passed over, one that holds most of it is not', async () => {
  await fleetInService(plane);
  await hold(plane, 'exchange-1', ['manifest.mpd', 'main.m3u8', 'audio.mp4', 'video-180p.mp4']);
  letCachesExpire();
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['cloudfront']);
  await hold(plane, 'exchange-1', ['video-404p.mp4']);
  letCachesExpire();
  expect(idsOf(await start(OTHER_CLIENT))).toEqual(['exchange-1', 'cloudfront']);
});

test('a title without an MPD or a playlist has no URL for it', async () => {
  await publish(plane, 'silent', { dash: undefined });
  const { json } = await plane.playback<PlaybackSession>('GET', '/v1/playback/silent');
  expect(json).not.toHaveProperty('dashUrl');
  expect(json.hlsUrl).toContain('/v1/playback/silent/main.m3u8?session=');
});

test('published titles are listed, for any page', async () => {
  await publish(plane);
  const { json, headers } = await plane.playback<TitleList>('GET', '/v1/titles');
  expect(json).toEqual({
    titles: [{ titleId: 'city', name: 'City at night', durationSeconds: 64, credit: 'CC0' }],
  });
  expect(headers['Access-Control-Allow-Origin']).toBe('*');
});

test('the function is in service when it could open a session', async () => {
  expect((await plane.playback('GET', '/health')).json).toEqual({
    state: 'in-service',
    reasons: [],
  });
});

test('a fleet that cannot be read is no reason not to play', async () => {
  const blind = await startControlPlane({ FLEET_TABLE: 'no-such-table' });
  await publish(blind);
  const { status, json } = await blind.playback<PlaybackSession>('GET', '/v1/playback/city');
  expect([status, idsOf(json)]).toEqual([200, ['cloudfront']]);
  const mpd = await blind.playback('GET', (json.dashUrl ?? '').replace('https://play.test', ''));
  expect(mpd.text.match(/serviceLocation="[^"]*"/g)).toEqual(['serviceLocation="cloudfront"']);
  expect(blind.logged.map((line) => line.event)).toContain('playback.blind');
  await blind.stop();
});

test('no log line tells a token or a client address', async () => {
  await fleetInService(plane);
  const session = await start(ISP_CLIENT);
  await plane.playback('GET', `/v1/playback/city/manifest.mpd?session=${'x'.repeat(20)}`);
  const lines = JSON.stringify(plane.logged);
  expect(lines).not.toContain(ISP_CLIENT);
  expect(lines).not.toContain(session.sessionId);
  expect(OCAS.every(({ ocaId }) => !lines.includes(`secret-of-${ocaId}`))).toBe(true);
});

test('where tokens are bound, a session is for the network of the client that began it', async () => {
  await plane.stop();
  plane = await startControlPlane({ TOKEN_BOUND_TO_NETWORK: 'true' });
  await fleetInService(plane);
  const netOf = async (clientAddress: string) => {
    const { steeringUrl } = await start(clientAddress);
    const [, payload = ''] = new URL(steeringUrl).searchParams.get('session')?.split('.') ?? [];
    return JSON.parse(Buffer.from(payload, 'base64url').toString()).net;
  };
  expect(await netOf('198.51.100.20')).toBe('198.51.100.0/24');
  expect(await netOf('2001:db8:1:2::7')).toBe('2001:db8:1::/48');
  const target = '/v1/playback/city';
  const nowhere = await plane.playback('GET', target, { clientAddress: 'not an address' });
  expect(nowhere.status).toBe(500);
});
