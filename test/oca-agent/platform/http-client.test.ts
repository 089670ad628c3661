import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { seconds } from '#domain/units.ts';
import { parseIdentity } from '../../../oca-agent/control/identity-document.ts';
import {
  type ClientTls,
  nodeHttpClient,
  readBody,
} from '../../../oca-agent/platform/http-client.ts';
import { TestAuthority } from '../fixtures/identities.ts';
import { SecureControlPlane, serverIdentity } from '../fixtures/secure-control-plane.ts';

let control: SecureControlPlane;
let tls: ClientTls;
/** Serial numbers that a peer was shown, of the certificates that it asked for and did not get. */
const peerSaw: string[] = [];
let peerUrl: string;
const peer = { stop: async () => {} };

beforeAll(async () => {
  const authority = await TestAuthority.make();
  control = await SecureControlPlane.start(authority);
  const identity = parseIdentity(
    await authority.identity({ role: 'oca', ocaId: 'test-oca' as OcaId }),
  );
  tls = {
    origin: control.url,
    identity: () => identity,
    authorities: control.serverCertificate,
  };
  const { certificate, key } = await serverIdentity();
  const server = createServer(
    { cert: certificate, key, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const shown = (request.socket as TLSSocket).getPeerX509Certificate();
      peerSaw.push(shown?.serialNumber ?? 'nothing');
      response.end();
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  peerUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/content`;
  peer.stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterAll(() => Promise.all([control.stop(), peer.stop()]));

const get = async (options: ClientTls | undefined, url: string) => {
  const client = nodeHttpClient(options);
  try {
    const response = await client.send({ method: 'GET', url, silenceMax: seconds(5) });
    response.discard();
    return response.status;
  } finally {
    client.close();
  }
};

test('the control plane is shown our certificate', async () => {
  expect(await get(tls, `${control.url}/v1/keys`)).toBe(200);
  expect(control.shown.at(-1)).toMatch(/^[0-9a-f]+$/);
});

test('another server is never asked with it: the client refuses before it connects', async () => {
  await expect(get(tls, peerUrl)).rejects.toThrow('our certificate has one reader');
  expect(peerSaw).toEqual([]);
});

test('a client for everybody has no certificate to show, and does not trust the control plane’s authority', async () => {
  await expect(get(undefined, peerUrl)).rejects.toMatchObject({ code: 'upstream-unreachable' });
  await expect(get(undefined, control.url)).rejects.toMatchObject({ code: 'upstream-unreachable' });
});

test('a server that an unknown authority vouches for is not asked', async () => {
  const before = control.shown.length;
  const other = (await serverIdentity()).certificate;
  await expect(get({ ...tls, authorities: other }, control.url)).rejects.toMatchObject({
    code: 'upstream-unreachable',
  });
  await expect(get({ ...tls, authorities: undefined }, control.url)).rejects.toMatchObject({
    code: 'upstream-unreachable',
  });
  expect(control.shown).toHaveLength(before);
});

test.each(['end', 'destroy'] as const)(
  'a server that closes its idle connections (%s) as they are taken up again answers on a new one',
  async (close) => {
    const seen = new Set<Socket>();
    const server = createPlainServer((request, response) => {
      if (seen.has(request.socket)) request.socket[close]();
      else response.end('answer');
      seen.add(request.socket);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const client = nodeHttpClient();
    const get = async () =>
      readBody(await client.send({ method: 'GET', url, silenceMax: seconds(5) }), 100);
    expect(await Promise.all([get(), get(), get()])).toEqual(['answer', 'answer', 'answer']);
    expect(await get()).toBe('answer');
    client.close();
    server.close();
  },
);
