import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type ControlPlaneUnderTest, startControlPlane } from '../support/control-plane.ts';
import { publish } from '../support/fleet.ts';

const ISSUER = 'https://accounts.test';
const AUDIENCE = 'playback';
let plane: ControlPlaneUnderTest;
let jwksServer: Server;
let isJwksUp: boolean;
const keyPair = await generateKeyPair('EdDSA');
const publicKey = await exportJWK(keyPair.publicKey);

beforeEach(async () => {
  isJwksUp = true;
  jwksServer = createServer((_, response) => {
    response.statusCode = isJwksUp ? 200 : 503;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ keys: [{ ...publicKey, kid: 'e1', alg: 'EdDSA' }] }));
  });
  await new Promise<void>((resolve) => jwksServer.listen(0, '127.0.0.1', resolve));
  const { port } = jwksServer.address() as AddressInfo;
  plane = await startControlPlane({
    ENTITLEMENT_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
    ENTITLEMENT_ISSUER: ISSUER,
    ENTITLEMENT_AUDIENCE: AUDIENCE,
  });
  await publish(plane);
});
afterEach(async () => {
  await new Promise((resolve) => jwksServer.close(resolve));
  await plane.stop();
});

const inMinutes = (minutes: number) => plane.clock.now() / 1000 + minutes * 60;
const entitlement = (claims: JWTPayload = { exp: inMinutes(10) }) =>
  new SignJWT({ iss: ISSUER, aud: AUDIENCE, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'e1' })
    .sign(keyPair.privateKey);
const start = async (bearer?: string) => {
  const { status, json } = await plane.playback(
    'GET',
    '/v1/playback/city',
    bearer === undefined ? {} : { bearer },
  );
  return [status, json.code];
};

test('a viewer without an entitlement does not play', async () => {
  expect(await start()).toEqual([401, 'credential-missing']);
});

test('a token that is forged, old, for others, or not signed does not count', async () => {
  const forger = await generateKeyPair('EdDSA');
  const forged = await new SignJWT({
    iss: ISSUER,
    aud: AUDIENCE,
    exp: inMinutes(10),
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'e1' })
    .sign(forger.privateKey);
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`;
  const bad = [
    forged,
    unsigned,
    'abc',
    await entitlement({ exp: inMinutes(-1) }),
    await entitlement({ exp: inMinutes(10), aud: 'other' }),
    await entitlement({ exp: inMinutes(10), iss: 'other' }),
    await entitlement({}),
  ];
  for (const token of bad) expect(await start(token)).toEqual([401, 'credential-invalid']);
});

test('an entitlement to other titles is not one to this', async () => {
  expect(await start(await entitlement({ exp: inMinutes(10), titles: ['harbor'] }))).toEqual([
    403,
    'forbidden',
  ]);
  expect(await start(await entitlement({ exp: inMinutes(10), titles: 'city' }))).toEqual([
    403,
    'forbidden',
  ]);
});

test('an entitlement to this title, or to all, plays', async () => {
  expect(
    (await start(await entitlement({ exp: inMinutes(10), titles: ['harbor', 'city'] })))[0],
  ).toBe(200);
  expect((await start(await entitlement()))[0]).toBe(200);
});

test('when the service’s keys cannot be had, nobody plays, and it is not the viewer’s fault', async () => {
  isJwksUp = false;
  expect(await start(await entitlement())).toEqual([502, 'upstream-unreachable']);
});
