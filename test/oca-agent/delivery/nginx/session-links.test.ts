import { mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SessionClaims } from '#domain/tokens/session-token.ts';
import { SessionLinks } from '../../../../oca-agent/delivery/nginx/session-links.ts';
import { nodeFileSystem } from '../../../../oca-agent/platform/file-system.ts';
import { ManualClock } from '../../fixtures/manual-clock.ts';
import { until } from '../../fixtures/until.ts';

const TOKEN = `${'h'.repeat(254)}tail`;
let folder: string;
let clock: ManualClock;
let idle: string[];
let links: SessionLinks;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oca-links-'));
  clock = new ManualClock();
  idle = [];
  links = newLinks();
});
afterEach(() => rm(folder, { recursive: true }));

const newLinks = () =>
  new SessionLinks({
    folder: join(folder, 'sessions'),
    tree: '/the/tree',
    files: nodeFileSystem,
    clock,
    log: () => undefined,
    onIdle: (token) => idle.push(token),
  });
const claims = (changes: Partial<SessionClaims> = {}): SessionClaims => ({
  iss: 'test',
  sid: 'viewer',
  iat: clock.now() / 1000,
  exp: clock.now() / 1000 + 3600,
  p: ['/content/film-1/', '/content/film-2/'],
  ...changes,
});
const place = (token = TOKEN) =>
  join(folder, 'sessions', `a${token.slice(0, 254)}`, `b${token.slice(254)}`);
const tokensLinked = () => readdir(join(folder, 'sessions')).catch(() => []);

test('a token gets a folder with a link to each title that it opens', async () => {
  links.admit(TOKEN, claims());
  await links.idle();
  expect((await readdir(place())).sort()).toEqual(['film-1', 'film-2']);
  expect(await readlink(join(place(), 'film-1'))).toBe('/the/tree/film-1');
  expect(links.sessionIdOf(TOKEN)).toBe('viewer');
});

test('a token for all titles is a link to the whole tree', async () => {
  links.admit(TOKEN, claims({ p: ['/content/'] }));
  await links.idle();
  expect(await readlink(place())).toBe('/the/tree');
});

test.each<[string, string, Partial<SessionClaims> & { net?: string }]>([
  ['longer than two names of folders', 'x'.repeat(509), {}],
  ['for one network', TOKEN, { net: '192.0.2.0/24' }],
  ['for a part of a title', TOKEN, { p: ['/content/film-1/video/'] }],
  ['for pictures', TOKEN, { p: ['/images/'] }],
  ['for what would lead out of the tree', TOKEN, { p: ['/content/../'] }],
])('a token %s gets no folder', async (_, token, changes) => {
  links.admit(token, claims(changes));
  await links.idle();
  expect(await tokensLinked()).toEqual([]);
});

test('what has expired goes, what is used stays, what is idle goes and is told', async () => {
  const ending = new AbortController();
  const run = links.run(ending.signal);
  links.admit('short', claims({ exp: clock.now() / 1000 + 60 }));
  links.admit('used', claims());
  links.admit('left', claims());
  const pass = async (seconds: number) => {
    await clock.advance(seconds * 1000);
    await until(() => clock.sleepers > 0, 'the sweep to end');
    await links.idle();
  };
  await pass(95);
  expect((await tokensLinked()).sort()).toEqual(['aleft', 'aused']);
  await pass(400);
  links.noteUse('used');
  await pass(110);
  expect(await tokensLinked()).toEqual(['aused']);
  expect(idle.sort()).toEqual(['left', 'short']);
  ending.abort();
  await run;
});

test('sessions that are over lose their folders at once', async () => {
  links.admit('one', claims({ sid: 'one' }));
  links.admit('two', claims({ sid: 'two' }));
  await links.end(({ sid }) => sid === 'one');
  expect(await tokensLinked()).toEqual(['atwo']);
});

test('a start keeps the folders of tokens that are still good, untouched, and removes the others', async () => {
  links.admit('good', claims());
  links.admit('bad', claims());
  links.admit('everything', claims({ p: ['/content/'] }));
  await links.idle();
  const before = await stat(place('good'));
  const next = newLinks();
  await next.restore(async (token) =>
    token === 'good' ? { ok: true, claims: claims() } : { ok: false, refusal: 'token-expired' },
  );
  expect(await tokensLinked()).toEqual(['agood']);
  expect((await stat(place('good'))).mtimeMs).toBe(before.mtimeMs);
  expect(next.count).toBe(1);
});
