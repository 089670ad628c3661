import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { main } from '../../../bin/distributary/main.ts';
import {
  OPERATOR_SAM,
  type SecureControlApi,
  startSecureControlApi,
} from '../../local/gateway/secure-control-api.ts';

const SESSION = '0b9c1f7e-93a4-4a53-9a53-5f3c1d2e4b60';
let api: SecureControlApi;
let printed: string[];
beforeAll(async () => {
  api = await startSecureControlApi();
  writeFileSync(join(api.folder, 'operator.pem'), await api.identity(OPERATOR_SAM));
});
afterAll(() => api.stop());
beforeEach(() => {
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((line) => printed.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const run = (...args: readonly string[]) =>
  main(['sessions', ...args], {
    DISTRIBUTARY_CONTROL_URL: api.url,
    DISTRIBUTARY_CERTIFICATE: join(api.folder, 'operator.pem'),
    DISTRIBUTARY_CA: api.serverCaFile,
  });

test('a session is not revoked without a reason, nor what can be no session’s id', async () => {
  expect(await run('revoke', SESSION)).toBe(2);
  expect(await run('revoke', 'a/b', '--reason', 'x')).toBe(2);
  expect(await run('allow', '')).toBe(2);
  expect(await run('list', '--json')).toBe(0);
  expect(JSON.parse(printed.at(-1) ?? '')).toEqual({ revision: 0, sessions: [] });
});

test('sessions and an OCA’s own tokens are revoked, listed with until when, and allowed again', async () => {
  expect(await run('revoke', SESSION, '--reason', 'account shared')).toBe(0);
  expect(printed.at(-1)).toBe(`revoked: ${SESSION}`);
  expect(await run('revoke', 'oca:metro-1', '--reason', 'stolen')).toBe(0);
  expect(await run('list')).toBe(0);
  const [head, ...rows] = (printed.at(-1) ?? '').split('\n');
  expect(head).toMatch(/^SESSION +SINCE +UNTIL +REASON$/);
  expect(rows.map((row) => row.replace(/ \S+Z +\S+Z /, ''))).toEqual([
    expect.stringMatching(new RegExp(`^${SESSION} +account shared$`)),
    expect.stringMatching(/^oca:metro-1 +stolen$/),
  ]);
  expect(await run('allow', SESSION)).toBe(0);
  expect(await run('allow', 'oca:metro-1')).toBe(0);
  expect(await run('list', '--json')).toBe(0);
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ sessions: [] });
});
