import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { main } from '../../../bin/distributary/main.ts';
import { registration, report } from '../../lambda/support/fleet.ts';
import {
  OPERATOR_SAM,
  type SecureControlApi,
  startSecureControlApi,
} from '../../local/gateway/secure-control-api.ts';

let api: SecureControlApi;
let printed: string[];
let complained: string[];
let sequence = 0;
beforeAll(async () => {
  api = await startSecureControlApi();
  writeFileSync(join(api.folder, 'operator.pem'), await api.identity(OPERATOR_SAM));
  for (const ocaId of ['metro-1', 'metro-2'])
    await api.plane.control('PUT', `/v1/ocas/${ocaId}`, {
      as: ocaId,
      body: registration(ocaId, 'isp-metro'),
    });
});
afterAll(() => api.stop());
beforeEach(() => {
  printed = [];
  complained = [];
  jest.spyOn(console, 'log').mockImplementation((line) => printed.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation((line) => complained.push(String(line)));
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const run = (...args: readonly string[]) =>
  main(['purge', ...args], {
    DISTRIBUTARY_CONTROL_URL: api.url,
    DISTRIBUTARY_CERTIFICATE: join(api.folder, 'operator.pem'),
    DISTRIBUTARY_CA: api.serverCaFile,
  });

/** The clock of the API behind mutual TLS is the machine's, so reports come by that time. */
async function acknowledge(ocaId: string, purgedThrough: number): Promise<void> {
  const clock = api.plane.clock;
  clock.advance(api.clock.now() - clock.now());
  sequence += 1;
  const body = report(ocaId, { sequence, sentAt: clock.now(), purgedThrough });
  await api.plane.control('POST', `/v1/ocas/${ocaId}/reports`, { as: ocaId, body });
}

test('what is no title, and two parts at once, are wrong usage', async () => {
  expect(await run('title', 'A Title')).toBe(2);
  expect(await run('title', 'city', '--file', 'a.mp4', '--prefix', 'a')).toBe(2);
  expect(await run('title', 'city', '--wait', 'long')).toBe(2);
  expect(api.plane.invalidated).toEqual([]);
});

test('a purge that every OCA has acknowledged is listed, with CloudFront’s part', async () => {
  await Promise.all(['metro-1', 'metro-2'].map((ocaId) => acknowledge(ocaId, 1)));
  expect(await run('title', 'city', '--prefix', 'video/')).toBe(0);
  expect(printed.at(-1)?.split('\n')).toEqual([
    'purge 1',
    expect.stringMatching(/^WHERE +STATE$/),
    expect.stringMatching(/^metro-1 +done$/),
    expect.stringMatching(/^metro-2 +done$/),
    expect.stringMatching(/^cloudfront E2TEST +completed$/),
  ]);
  expect(api.plane.invalidated).toEqual(['/content/city/video/*']);
});

test('an OCA that has not acknowledged in time, or is silent, makes it fail and is named', async () => {
  await acknowledge('metro-1', 2);
  expect(await run('title', 'city', '--soft', '--wait', '0')).toBe(1);
  expect(printed.at(-1)).toMatch(/^metro-2 +not yet$/m);
  expect(complained).toEqual([expect.stringMatching(/^error: purge-incomplete: metro-2: /)]);
  api.clock.advance(60_000);
  await acknowledge('metro-1', 2);
  expect(await run('status', '2')).toBe(1);
  expect(printed.at(-1)).toMatch(/^metro-2 +unreachable$/m);
  await acknowledge('metro-2', 2);
  expect(await run('status', '2')).toBe(0);
  expect(await run('status', '99')).toBe(1);
});
