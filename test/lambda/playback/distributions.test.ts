import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PlaybackSession } from '#protocol/playback.ts';
import type { SteeringManifest } from '#protocol/steering-manifest.ts';
import { createPlayback } from '../../../lambda/playback/create-playback.ts';
import { type ControlPlaneUnderTest, startControlPlane } from '../support/control-plane.ts';
import { publish } from '../support/fleet.ts';

const URLS = ['https://cf-edge.test', 'https://cf-edge-2.test', 'https://cf-edge-3.test'];
const SESSIONS = 300;
let plane: ControlPlaneUnderTest;
let sessions: PlaybackSession[];

beforeAll(async () => {
  plane = await startControlPlane({ CLOUDFRONT_URLS: URLS.join() });
  await publish(plane);
  sessions = [];
  while (sessions.length < SESSIONS) {
    const { json } = await plane.playback<PlaybackSession>('GET', '/v1/playback/city');
    sessions.push(json);
  }
});
afterAll(() => plane.stop());

const tokenOf = ({ steeringUrl }: PlaybackSession) =>
  new URL(steeringUrl).searchParams.get('session');

test('sessions spread evenly over three distributions, each with another one behind its own', () => {
  for (const place of [0, 1]) {
    const byHost = Object.groupBy(sessions, ({ pathways }) => pathways[place]?.host ?? 'none');
    const counts = Object.values(byHost).map((members = []) => members.length);
    expect(Object.keys(byHost).toSorted()).toEqual(URLS.map((url) => new URL(url).host).toSorted());
    // A third of 300, give or take four standard deviations of the binomial.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(33);
  }
  for (const { pathways, video_tracks } of sessions) {
    expect(pathways).toHaveLength(2);
    const hosts = pathways.map(({ host }) => host);
    expect(new Set(hosts).size).toBe(2);
    expect(pathways.every(({ layer }) => layer === 'cloudfront')).toBe(true);
    expect(video_tracks[0]?.cdn_urls.map((url) => new URL(url).host)).toEqual(hosts);
  }
});

test('steering and the manifest keep the order that the session began with', async () => {
  for (const session of sessions.slice(0, 20)) {
    const ids = session.pathways.map(({ id }) => id);
    const steering = await plane.steering<SteeringManifest>(
      'GET',
      `/v1/steering/dash?session=${tokenOf(session)}`,
    );
    expect(steering.json['PATHWAY-PRIORITY']).toEqual(ids);
    const { text } = await plane.playback('GET', pathOf(session.dashUrl));
    const declared = [...text.matchAll(/<BaseURL serviceLocation="([^"]*)">(https:\/\/[^/]*)/g)];
    expect(declared.map(([, id, url]) => [id, url])).toEqual(
      session.pathways.map(({ id, host }) => [id, `https://${host}`]),
    );
  }
});

test('a session whose distribution was taken down goes on with what is left', async () => {
  const environment = { ...plane.wiring.environment, CLOUDFRONT_URLS: URLS[0] ?? '' };
  const later = createPlayback({ ...plane.wiring, environment });
  const session = sessions.find(({ pathways }) => pathways.every(({ id }) => id !== 'cloudfront'));
  const [rawPath = '', rawQueryString = ''] = pathOf(session?.dashUrl).split('?');
  const { body } = await later({
    rawPath,
    rawQueryString,
    headers: {},
    isBase64Encoded: false,
    requestContext: { http: { method: 'GET', sourceIp: '203.0.113.9' } },
  });
  expect(body.match(/serviceLocation="[^"]*"/g)).toEqual(['serviceLocation="cloudfront"']);
});

const pathOf = (url = '') => url.replace('https://play.test', '');
