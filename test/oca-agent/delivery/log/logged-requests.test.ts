import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { seededBytes } from '../../fixtures/bytes.ts';
import { OCA_ID, TestSite } from '../../fixtures/test-agent.ts';
import { until } from '../../fixtures/until.ts';

let site: TestSite;
const content = seededBytes(1, 500_000);

beforeEach(async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'video.mp4', content);
});
afterEach(() => site.stop());

const folder = () => join(site.folder, 'state', 'delivery-log');

async function lines(): Promise<Record<string, unknown>[]> {
  const names = (await readdir(folder()).catch(() => [])).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder(), name), 'utf8')));
  return texts
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
async function ask(path: string, headers: Record<string, string> = {}) {
  const answer = await site.get(path, headers);
  await answer.arrayBuffer();
  return answer.headers.get('x-request-id') ?? '';
}

test('each answer carries an id, under which the log tells what was sent from where', async () => {
  const missed = await ask('/content/title-1/video.mp4');
  await site.store('title-1', 'video.mp4');
  const hit = await ask('/content/title-1/video.mp4?CMCD=bl%3D2900&x=secret', {
    range: 'bytes=0-99',
  });
  const absent = await ask('/content/title-1/none.mp4');
  const malformed = await ask('/elsewhere');
  await ask('/health');
  // The last lines are written when the agent stops.
  await site.stopAgent();
  const logged = await lines();
  const [ofMiss, ofHit, ofAbsent, ofMalformed] = [missed, hit, absent, malformed].map((id) =>
    logged.filter(({ requestId }) => requestId === id),
  );
  const subject = { titleId: 'title-1', file: 'video.mp4', method: 'GET', ocaId: OCA_ID };
  const whole = { status: 200, outcome: 'miss', sentBytes: content.length, isWhole: true };
  expect(ofMiss).toMatchObject([{ ...subject, ...whole, network: '127.0.0.0/24' }]);
  const part = { status: 206, outcome: 'hit', range: 'bytes=0-99', sentBytes: 100 };
  const detail = expect.stringMatching(/^(?:flash|hdd)$/);
  expect(ofHit).toMatchObject([{ ...subject, ...part, detail, cmcd: 'bl=2900' }]);
  expect(ofAbsent).toMatchObject([{ status: 404, file: 'none.mp4' }]);
  expect(ofMalformed).toMatchObject([{ status: 400, outcome: 'bypass', detail: 'path-invalid' }]);
  expect(JSON.stringify(logged)).not.toContain('secret');
});

test('a client that leaves is told of with what it got', async () => {
  site.cloudFront.put('title-1', 'long.mp4', seededBytes(2, 3_000_000));
  await site.store('title-1', 'long.mp4');
  const { port } = new URL(site.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /content/title-1/long.mp4 HTTP/1.1\r\nHost: oca\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  socket.destroy();
  const isLeft = (line: Record<string, unknown>) => line.isWhole === false;
  const left = await until(async () => (await lines()).find(isLeft), 'the line of who left');
  expect(left).toMatchObject({ status: 200, isWhole: false });
  expect(left.sentBytes).toBeLessThan(3_000_000);
});
