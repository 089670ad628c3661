import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { problem } from '#protocol/problem.ts';
import { main } from '../../../bin/distributary/main.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import { listening } from '../../local/listening.ts';

interface Received {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

let folder: string;
let url: string;
let close: () => Promise<void>;
let received: Received[];
let answers: Record<string, unknown>;
let printed: string[];
let complained: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'distributary-cli-'));
  received = [];
  answers = {};
  ({ url, close } = await listening(
    createServer(async (request: IncomingMessage, response) => {
      const { method = '', url: target = '', headers } = request;
      received.push({
        method,
        target,
        authorization: headers.authorization,
        body: await text(request),
      });
      const answer = answers[`${method} ${target}`];
      response.writeHead(answer === undefined ? 404 : 200);
      response.end(JSON.stringify(answer ?? problem('not-found', 'nothing here')));
    }),
  ));
  printed = [];
  complained = [];
  jest.spyOn(console, 'log').mockImplementation((line) => printed.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation((line) => complained.push(String(line)));
  jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((line) => complained.push(String(line)) > 0);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await close();
  rmSync(folder, { recursive: true });
});

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  main(args, { DISTRIBUTARY_CONTROL_URL: url, ...env });

test('a command that nobody knows, and one without what it needs, is wrong usage', async () => {
  expect(await run(['frobnicate'])).toBe(2);
  expect(await run(['explain'])).toBe(2);
  expect(complained.join('')).toMatch(/unknown command 'frobnicate'.*--ip <address>/s);
});

test('a refusal of the control plane is told with its code', async () => {
  expect(await run(['catalog', 'show', 'film'])).toBe(1);
  expect(complained).toEqual(['error: not-found: nothing here']);
});

test('a control plane that is not there is told as such', async () => {
  const closedUrl = url;
  await close();
  expect(await run(['fleet', 'list'])).toBe(1);
  expect(complained).toEqual([
    expect.stringContaining(`upstream-unreachable: ${closedUrl} cannot be reached`),
  ]);
});

test('a credential file that cannot be read is told, and nothing is sent', async () => {
  expect(await run(['drain', 'metro-1', '--credential-file', join(folder, 'none')])).toBe(1);
  expect(complained).toEqual([expect.stringContaining('credential-missing')]);
  expect(received).toEqual([]);
});

test('an answer that is not what it should be is refused', async () => {
  answers['GET /v1/titles'] = { titles: 'many' };
  expect(await run(['catalog', 'list'])).toBe(1);
  expect(complained).toEqual([expect.stringContaining('upstream-invalid')]);
});

test('the secret for the playback API comes from the file or from the environment, the file first', async () => {
  const file = join(folder, 'operator.credential');
  writeFileSync(file, 'from-file\n');
  answers['GET /v1/titles'] = { titles: [] };
  answers['POST /v1/plans'] = {};
  const env = { DISTRIBUTARY_CREDENTIAL: 'from-environment' };
  expect(await run(['catalog', 'list'], env)).toBe(0);
  expect(await run(['catalog', 'list', '--credential-file', file], env)).toBe(0);
  expect(await run(['plan', 'run', '--window', 'now'], env)).toBe(0);
  expect(received.map(({ authorization, body }) => [authorization, body])).toEqual([
    ['Bearer from-environment', ''],
    ['Bearer from-file', ''],
    // The control API is never shown it.
    [undefined, '{"window":"now"}'],
  ]);
});

test('titles are listed for people, or as JSON', async () => {
  const titles = [{ titleId: 'film', name: 'A Film', durationSeconds: 64 }];
  answers['GET /v1/titles'] = { titles };
  expect(await run(['catalog', 'list'])).toBe(0);
  expect(printed).toEqual(['TITLE  DURATION  NAME\nfilm   64 s      A Film']);
  expect(await run(['catalog', 'list', '--json'])).toBe(0);
  expect(JSON.parse(printed[1] ?? '')).toEqual({ titles });
});

test('the sites of a configuration are declared, with their OCAs', async () => {
  for (const { siteId } of loadConfig('config/example.yaml').sites)
    answers[`PUT /v1/sites/${siteId}`] = {};
  expect(await run(['fleet', 'sync', '--config', 'config/example.yaml'])).toBe(0);
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
    siteId: 'isp-metro',
    ocas: [{ ocaId: 'metro-1' }, { ocaId: 'metro-2' }],
  });
  expect(printed[0]).toContain('declared isp-metro with 2 OCAs');
});

test('a drain is asked for and undone', async () => {
  answers['POST /v1/ocas/metro-1/drain'] = {};
  expect(await run(['drain', 'metro-1'])).toBe(0);
  expect(await run(['drain', 'metro-1', '--undo'])).toBe(0);
  expect(received.map(({ body }) => body)).toEqual(['{"draining":true}', '{"draining":false}']);
});

test('keys are made and shown without their private half', async () => {
  expect(await run(['keys', 'generate'])).toBe(0);
  const file = join(folder, 'keys.json');
  writeFileSync(file, printed[0] ?? '');
  const { keys } = JSON.parse(printed[0] ?? '') as { keys: { kid: string; d: string }[] };
  expect(await run(['keys', 'public', file])).toBe(0);
  expect(printed[1]).toContain(keys[0]?.kid);
  expect(printed[1]).not.toContain(keys[0]?.d);
});

test('publishing media without a manifest is refused before anything is sent', async () => {
  expect(await run(['publish', '--title', 'film', '--media', folder])).toBe(1);
  expect(complained).toEqual([expect.stringContaining('media-without-manifest')]);
  expect(await run(['publish', '--title', 'Not An Id', '--media', folder])).toBe(2);
});
