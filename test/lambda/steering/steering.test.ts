import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PlaybackSession } from '#protocol/playback.ts';
import type { SteeringManifest } from '#protocol/steering-manifest.ts';
import { documentClient } from '../../../lambda/shared/clients.ts';
import { createSteering } from '../../../lambda/steering/create-steering.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import { fleetInService, ISP_CLIENT, reportAll } from '../support/fleet.ts';

let plane: ControlPlaneUnderTest;
let token: string;
let ranked: string[];
beforeEach(async () => {
  plane = await startControlPlane();
  await fleetInService(plane);
  const options = { clientAddress: ISP_CLIENT };
  const { json } = await plane.playback<PlaybackSession>('GET', '/v1/playback/city', options);
  token = new URL(json.steeringUrl).searchParams.get('session') ?? '';
  ranked = json.pathways.map((pathway) => pathway.id);
});
afterEach(() => plane.stop());

const steer = (protocol: 'dash' | 'hls', extra = '') =>
  plane.steering<SteeringManifest>('GET', `/v1/steering/${protocol}?session=${token}${extra}`);
const priority = async () => (await steer('dash')).json['PATHWAY-PRIORITY'];

test('a session that has ended is told to stop', async () => {
  plane.clock.advance(8 * 3_600_000);
  const answer = await plane.steering('GET', `/v1/steering/dash?session=${token}`);
  expect([answer.status, answer.json.code]).toEqual([410, 'session-ended']);
  expect(answer.headers['Access-Control-Allow-Origin']).toBe('*');
});

test('what is no session of ours is refused', async () => {
  const [header, payload, signature = ''] = token.split('.');
  const forged = `${header}.${payload}.${signature.replace(/^./, signature.startsWith('A') ? 'B' : 'A')}`;
  for (const [session, code] of [
    ['', 'token-missing'],
    ['abc', 'token-malformed'],
    ['a.b.c', 'token-malformed'],
    [forged, 'token-signature'],
  ] as const) {
    const answer = await plane.steering('GET', `/v1/steering/hls?session=${session}`);
    expect([answer.status, answer.json.code]).toEqual([401, code]);
  }
});

test.each([
  ['dash', 'application/json'],
  ['hls', 'application/vnd.apple.steering-list'],
] as const)('%s is told where to go, when to ask again and whom', async (protocol, contentType) => {
  const { status, headers, json } = await steer(protocol);
  expect(status).toBe(200);
  expect(json).toEqual({
    VERSION: 1,
    TTL: 5,
    'RELOAD-URI': `https://play.test/v1/steering/${protocol}?session=${token}`,
    'PATHWAY-PRIORITY': ranked,
  });
  expect(headers).toMatchObject({
    'Content-Type': contentType,
    'Cache-Control': 'no-store',
    'Access-Control-Allow-Origin': '*',
    'Timing-Allow-Origin': '*',
  });
  expect(headers['Access-Control-Expose-Headers']).toContain('Retry-After');
});

test('nothing that a player says of itself makes it fail', async () => {
  const queries = [
    '&_DASH_pathway=oca1&_DASH_throughput=5000',
    '&_DASH_pathway=%22metro-2,metro-1%22&_DASH_throughput=215448000,',
    '&_DASH_pathway="metro-2,metro-1"&_DASH_throughput=,',
    '&_HLS_pathway=%ZZ&_HLS_throughput=NaN',
    '&_HLS_pathway=&_HLS_throughput=',
    '&_HLS_pathway=a&_HLS_pathway=b&&=&%00=%F0',
  ];
  for (const query of queries) {
    expect((await steer('hls', query)).json['PATHWAY-PRIORITY']).toEqual(ranked);
  }
});

test('the order of a session stays while nothing changes', async () => {
  await priority();
  plane.clock.advance(1500);
  expect(await priority()).toEqual(ranked);
});

test('an OCA that dies is left out when its lease ends, and takes its place again when it is back', async () => {
  const [first = '', ...others] = ranked;
  expect(await priority()).toEqual(ranked);
  plane.clock.advance(6001);
  await reportAll(plane, 2, others.slice(0, -1));
  expect(await priority()).toEqual(others);
  await reportAll(plane, 2, [first]);
  plane.clock.advance(1001);
  expect(await priority()).toEqual(ranked);
});

test('an OCA that is drained is left out within a second', async () => {
  await plane.control('POST', `/v1/ocas/${ranked[0]}/drain`, { as: OPERATOR });
  plane.clock.advance(1001);
  expect(await priority()).toEqual(ranked.slice(1));
});

test('with every OCA silent there is CloudFront', async () => {
  plane.clock.advance(6001);
  expect(await priority()).toEqual(['cloudfront']);
});

/** Steering as another instance would, whose store is at `endpoint`. */
const steeringOver = (endpoint: string) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials });
  const handler = createSteering({ ...plane.wiring, dynamoDb: documentClient(client) });
  return async () => {
    const result = await handler({
      rawPath: '/v1/steering/dash',
      rawQueryString: `session=${token}`,
      headers: {},
      isBase64Encoded: false,
      requestContext: { http: { method: 'GET', sourceIp: ISP_CLIENT } },
    });
    expect(result.statusCode).toBe(200);
    return JSON.parse(result.body)['PATHWAY-PRIORITY'];
  };
};

test('a store that fails leaves the session’s own order in force', async () => {
  expect(await steeringOver('http://127.0.0.1:1')()).toEqual(ranked);
  expect(plane.logged.map((line) => line.event)).toContain('steering.blind');
});

test('a store that never answers is not waited for, and what was last known counts', async () => {
  let isSilent = false;
  const { endpoint } = plane.wiring.dynamoDb.config;
  const { hostname, port } = (await endpoint?.()) ?? {};
  const relay = createServer((incoming, outgoing) => {
    if (isSilent) return;
    const { method = '', url: path = '', headers } = incoming;
    const forward = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const steerOver = steeringOver(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`);
  await plane.control('POST', `/v1/ocas/${ranked[0]}/drain`, { as: OPERATOR });
  expect(await steerOver()).toEqual(ranked.slice(1));
  isSilent = true;
  plane.clock.advance(1001);
  expect(await steerOver()).toEqual(ranked.slice(1));
  expect(plane.logged.at(-1)).toMatchObject({
    event: 'steering.blind',
    facts: { code: 'upstream-timeout' },
  });
  relay.closeAllConnections();
  await new Promise((resolve) => relay.close(resolve));
});
