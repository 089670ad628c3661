import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decode } from '#protocol/decode.ts';
import { ocaInventory } from '#protocol/oca-inventory.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

let site: TestSite;
beforeAll(async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'video.mp4', seededBytes(1, 1000));
  await site.store('title-1', 'video.mp4');
});
afterAll(() => site.stop());

const ask = (
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { method = 'GET', headers = {} } = options;
    const outgoing = httpRequest(`${site.managementUrl}${path}`, { method, headers, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', async (incoming) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      resolve({ status: incoming.statusCode ?? 0, body });
    });
    outgoing.end(options.body);
  });

test('status tells what the operator asks first', async () => {
  expect(await site.status()).toMatchObject({
    ocaId: 'test-oca',
    state: 'in-service',
    reasons: [],
    isRegistered: true,
    delivery: { requests: 2, misses: 2 },
  });
});

test('the inventory is the message that the control plane gets', async () => {
  const { body } = await ask('/inventory');
  const decoded = decode(ocaInventory, JSON.parse(body));
  expect(decoded).toMatchObject({ ok: true, value: { titles: [{ titleId: 'title-1' }] } });
});

test('metrics are in the text format, every family with help and type, and follow the counters', async () => {
  const { body } = await ask('/metrics');
  const lines = body.trimEnd().split('\n');
  const families = lines
    .filter((line) => line.startsWith('# TYPE'))
    .map((line) => line.split(' ')[2]);
  expect(new Set(families).size).toBe(families.length);
  for (const line of lines.filter((text) => !text.startsWith('#')))
    expect(line).toMatch(/^[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? -?[\d.e+]+$/);
  expect(body).toContain('oca_misses_total 2\n');
  expect(body).toContain('oca_state{state="in-service"} 1\n');
  expect(body).toContain('oca_disk_used_bytes{disk="flash-1",tier="flash"}');
  expect(body).toContain('oca_disk_state{disk="hdd-1",state="healthy"} 1\n');
  expect(body).toContain('oca_disk_state{disk="hdd-1",state="failed"} 0\n');
  expect(body).toContain('oca_assets_removed_total{reason="corruption"} 0\n');
});

test.each([
  ['a page of another origin', { origin: 'http://evil.example' }],
  ['a fetch across sites', { 'sec-fetch-site': 'cross-site' }],
  ['a name that was made to point here', { host: 'evil.example:9080' }],
])('%s is refused', async (_name, headers) => {
  for (const [method, path] of [
    ['POST', '/drain'],
    ['GET', '/status'],
  ] as const) {
    const answer = await ask(path, {
      method,
      headers,
      body: method === 'POST' ? '{"draining":true}' : '',
    });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([403, { code: 'forbidden' }]);
  }
  expect((await site.status()).state).toBe('in-service');
});

test('orders that are not understood are refused with what was expected', async () => {
  const answer = await ask('/drain', { method: 'POST', body: '{"draining":"yes"}' });
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
    400,
    { code: 'message-invalid', detail: 'draining: expected true or false, found "yes"' },
  ]);
  expect((await ask('/nothing')).status).toBe(404);
  expect((await ask('/drain')).status).toBe(404);
});

test('a scrub that is ordered begins at once, and status tells of its end', async () => {
  const { body } = await ask('/scrub', { method: 'POST' });
  expect(JSON.parse(body)).toMatchObject({ isUrgent: true, lostAssets: 0 });
  const ended = () => site.status().then(({ scrub }) => !scrub.isUrgent);
  await until(ended, 'the scrub to end');
  const { scrub } = await site.status();
  expect(scrub).toMatchObject({ verifiedBytes: 1000, totalBytes: 1000, repairedAssets: 0 });
  expect(scrub.completedAt).toBeGreaterThan(0);
});

test('a disk is replaced only when there is one, and a blank one in its place; returned when its own is', async () => {
  const order = async (disk: string, name: string) => {
    const answer = await ask(`/disks/${disk}/${name}`, { method: 'POST' });
    return [answer.status, JSON.parse(answer.body).code];
  };
  expect(await order('hdd-1', 'replace')).toEqual([400, 'request-invalid']);
  expect(await order('hdd-1', 'return')).toEqual([200, undefined]);
  for (const name of ['replace', 'return']) {
    expect(await order('hdd-9', name)).toEqual([404, 'not-found']);
    expect(await order('..', name)).toEqual([404, 'not-found']);
  }
  expect(await order('hdd-1', 'burn')).toEqual([404, 'not-found']);
  expect((await site.status()).disks.map(({ state }) => state)).toEqual(Array(4).fill('healthy'));
});
