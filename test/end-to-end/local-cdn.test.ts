import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseCacheStatus, servedBy } from '#domain/delivery/cache-status.ts';
import { decode } from '#protocol/decode.ts';
import { type FleetView, fleetView } from '#protocol/fleet-view.ts';
import { type PlaybackSession, playbackSession } from '#protocol/playback.ts';
import { type ClientTls, exchange } from '../../bin/distributary/https-exchange.ts';
import { loadConfig } from '../../lib/config/load-config.ts';
import { bucketName } from '../../lib/names.ts';
import { urlOf } from '../../local/ground/address-plan.ts';
import { localAws } from '../../local/ground/aws-environment.ts';
import { readTitles } from '../../local/ground/titles.ts';
import { type LocalRun, processesOf, startRun, until } from './local-run.ts';

const config = loadConfig('config/example.yaml');
const [title] = readTitles(undefined);
/** A lease, and as long again for reports, caches and a busy machine. */
const DEMOTED_WITHIN_MS = 2 * config.health.leaseSeconds * 1000;

let run: LocalRun;
let control: string;
beforeAll(async () => {
  run = await startRun();
  control = urlOf(run.plan.gateway);
  await run.line('ready');
}, 100_000);
afterAll(() => run.discard(), 20_000);

const json = async (path: string): Promise<unknown> => (await fetch(`${control}${path}`)).json();

async function fleet(): Promise<FleetView> {
  const decoded = decode(fleetView, await json('/v1/ocas'));
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.value;
}

async function session(): Promise<PlaybackSession> {
  const decoded = decode(playbackSession, await json(`/v1/playback/${title?.titleId}`));
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.value;
}

/** Where a session's files lie, by pathway. */
function basesOf({
  pathways,
  video_tracks: [track],
}: PlaybackSession): { id: string; base: string }[] {
  return pathways.map(({ id }, index) => ({ id, base: new URL('.', track?.cdn_urls[index]).href }));
}

/** What steering answers a player of this session now. */
async function steering({ steeringUrl }: PlaybackSession): Promise<string[]> {
  const answer = (await (await fetch(steeringUrl)).json()) as { 'PATHWAY-PRIORITY': string[] };
  return answer['PATHWAY-PRIORITY'];
}

const steeredTo = async (playing: PlaybackSession, id: string) =>
  (await steering(playing)).includes(id);

const sha256 = (binary: Uint8Array): string => createHash('sha256').update(binary).digest('hex');
const local = (file: string): Buffer => readFileSync(join(title?.media.folder ?? '', file));

const order = (ocaId: string, action: 'start' | 'stop', body: object = {}) =>
  fetch(`${control}/local/ocas/${ocaId}/${action}`, { method: 'POST', body: JSON.stringify(body) });

const operator = async (...args: string[]): Promise<string> => {
  const command = ['bin/distributary.js', '--control-url', control, ...args];
  return (await promisify(execFile)(process.execPath, command)).stdout;
};

test('the start ends in exactly one line that begins "ready", and the console is there', async () => {
  expect(run.output.filter((line) => line.startsWith('ready'))).toEqual([`ready ${control}/`]);
  expect(run.errors).toEqual([]);
  const page = await fetch(`${control}/`);
  expect([page.status, page.headers.get('content-type')]).toEqual([
    200,
    'text/html; charset=utf-8',
  ]);
});

test('every OCA holds the whole title, byte for byte, and tells where the bytes came from', async () => {
  const files = title?.media.files ?? [];
  const bases = basesOf(await session()).filter(({ id }) => id !== 'cloudfront');
  expect(bases).toHaveLength(3);
  for (const { base } of bases) {
    for (const file of files) {
      const response = await fetch(`${base}${file}`);
      expect(servedBy(parseCacheStatus(response.headers.get('cache-status') ?? ''))).toBe('oca');
      expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(local(file)));
    }
  }
  const titleBytes = files.reduce((sum, file) => sum + local(file).length, 0);
  for (const { report } of (await fleet()).ocas) {
    const fetchedBytes = report?.fill.fetched.reduce((sum, source) => sum + source.fetchedBytes, 0);
    expect(report?.fill).toMatchObject({ state: 'complete', bytesTotal: titleBytes });
    expect(fetchedBytes).toBe(titleBytes);
  }
});

test('the title came into each site once: the second OCA of the ISP filled from the first', async () => {
  const ocas = (await fleet()).ocas.filter(({ siteKind }) => siteKind === 'isp');
  const sourcesOf = (ocaId: string) =>
    ocas.find((oca) => oca.ocaId === ocaId)?.report?.fill.fetched.map(({ sourceId }) => sourceId);
  const master = ocas.find(({ ocaId }) => sourcesOf(ocaId)?.includes('cloudfront'))?.ocaId ?? '';
  const [other] = ocas.filter(({ ocaId }) => ocaId !== master);
  expect(sourcesOf(master)).toEqual(['cloudfront']);
  expect(sourcesOf(other?.ocaId ?? '')).toEqual([master]);
});

test('a range is the same bytes from every OCA and from the edge, and under the same entity tag from every OCA', async () => {
  const file = title?.media.tracks[0]?.files[0] ?? '';
  const bases = basesOf(await session());
  const answers = await Promise.all(
    bases.map(async ({ id, base }) => {
      const response = await fetch(`${base}${file}`, { headers: { range: 'bytes=1000-1999' } });
      const body = Buffer.from(await response.arrayBuffer());
      const etag = response.headers.get('etag') ?? '';
      return { status: response.status, tag: id === 'cloudfront' ? '' : etag, body };
    }),
  );
  const [first] = answers;
  expect(first).toMatchObject({ status: 206, tag: expect.stringMatching(/^".+"$/) });
  expect(first?.body.equals(local(file).subarray(1000, 2000))).toBe(true);
  for (const answer of answers) expect(answer).toEqual({ ...first, tag: answer.tag });
  expect(new Set(answers.map(({ tag }) => tag))).toEqual(new Set([first?.tag, '']));
});

test('what an OCA does not hold is fetched through to S3 once, and then it is held', async () => {
  const { region, credentials } = localAws(run.plan, config.regions.control);
  const endpoint = urlOf(run.plan.origin);
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const body = Buffer.from('unplanned '.repeat(5000));
  await client.send(
    new PutObjectCommand({
      Bucket: bucketName(config, 'content', config.regions.control),
      Key: `content/${title?.titleId}/unplanned.mp4`,
      Body: body,
      ContentType: 'video/mp4',
      Metadata: { sha256: sha256(body) },
    }),
  );
  client.destroy();
  const [{ base } = { base: '' }] = basesOf(await session());
  const layerOf = async () => {
    const response = await fetch(`${base}unplanned.mp4`);
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
    return servedBy(parseCacheStatus(response.headers.get('cache-status') ?? ''));
  };
  expect(await layerOf()).toBe('s3');
  await until('hit', 5000, async () => (await layerOf()) === 'oca');
});

test('a token of one title opens no other, and none opens nothing', async () => {
  const [{ base } = { base: '' }] = basesOf(await session());
  const other = base.replace(`/content/${title?.titleId}/`, '/content/another/');
  expect((await fetch(`${other}video.mp4`)).status).toBe(403);
  expect((await fetch(base.replace(/~[^/]+\//, ''))).status).toBeGreaterThanOrEqual(400);
});

test('an OCA that is killed is left by steering within its lease, and taken back when it is back', async () => {
  const playing = await session();
  const [first] = playing.pathways;
  const id = String(first?.id);
  await order(id, 'stop', { signal: 'SIGKILL' });
  await until(
    `end of steering to ${id}`,
    DEMOTED_WITHIN_MS,
    async () => !(await steeredTo(playing, id)),
  );
  expect((await steering(playing)).at(-1)).toBe('cloudfront');
  expect((await session()).pathways.map((pathway) => pathway.id)).not.toContain(id);
  await order(id, 'start');
  await until(`return to ${id}`, DEMOTED_WITHIN_MS, () => steeredTo(playing, id));
}, 40_000);

test('an OCA that is drained gets no viewers until the drain is undone', async () => {
  const playing = await session();
  await operator('drain', 'metro-2');
  await until('drain', DEMOTED_WITHIN_MS, async () => !(await steeredTo(playing, 'metro-2')));
  await operator('drain', 'metro-2', '--undo');
  await until('end of the drain', DEMOTED_WITHIN_MS, () => steeredTo(playing, 'metro-2'));
}, 40_000);

test('the control API has a port of its own, where an OCA is known by its certificate and others are not', async () => {
  const { host, port } = run.plan.control;
  const url = `https://${host}:${port}`;
  const [data = ''] = readdirSync(run.temporaryFolder).filter((name) =>
    name.startsWith('distributary-'),
  );
  const secret = (name: string) =>
    readFileSync(join(run.temporaryFolder, data, 'secrets', name), 'utf8');
  const serverAuthority = secret('server-ca.pem');
  const identity = secret('oca-metro-1.pem');
  const plan = (ocaId: string, tls: ClientTls) =>
    exchange({
      url: `${url}/v1/ocas/${ocaId}/plan`,
      method: 'GET',
      headers: {},
      tls: { serverAuthority, ...tls },
      withinMs: 10_000,
    });
  await expect(plan('metro-1', {})).rejects.toThrow();
  const own = { key: identity, certificate: identity };
  expect((await plan('metro-1', own)).status).toBe(200);
  expect((await plan('metro-2', own)).status).toBe(403);
}, 20_000);

test("the operator's command line sees the same system", async () => {
  expect(await operator('catalog', 'list')).toContain(title?.titleId);
  expect(await operator('fleet', 'list')).toMatch(/metro-1 .*in-service/);
  expect(await operator('plan', 'show', 'metro-1')).toContain(
    title?.media.dash ?? title?.media.hls,
  );
  expect(await operator('explain', '--ip', '127.0.0.1', '--title', title?.titleId ?? '')).toContain(
    'cloudfront',
  );
}, 20_000);

test('Ctrl-C ends everything within 5 s: no process, no socket, no file', async () => {
  const stoppedAt = performance.now();
  run.process.kill('SIGINT');
  expect(await run.exitCode).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(5000);
  expect(processesOf(run.temporaryFolder)).toEqual([]);
  expect(
    readdirSync(run.temporaryFolder).filter(
      (name) => existsSync(join(run.temporaryFolder, name)) && name.startsWith('distributary'),
    ),
  ).toEqual([]);
  for (const { delivery } of run.plan.ocas) await expect(fetch(urlOf(delivery))).rejects.toThrow();
  for (const address of [run.plan.gateway, run.plan.edge, run.plan.origin])
    await expect(fetch(urlOf(address))).rejects.toThrow();
});
