import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { bundleAgent } from '../../../bin/build/bundle-agent.ts';
import type { AgentStatus } from '../../../oca-agent/management/agent-status.ts';
import { seededBytes, sha256 } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

/** Real processes on a machine that others use too: a deadline, not a measurement. */
jest.setTimeout(60_000);

/** The bundle, as an appliance runs it: Node and one file. */
let bundles: TestSite;
let program: string;
let site: TestSite;
let configFile: string;
let agent: RunningProcess | undefined;

/** Nothing is fetched for it. */
const IF_STORED = { headers: { 'cache-control': 'only-if-cached' } };

interface RunningProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly managementUrl: string;
  readonly lines: string[];
}

beforeAll(async () => {
  bundles = await TestSite.build();
  program = join(bundles.folder, 'oca.cjs');
  await bundleAgent(program);
}, 30_000);
afterAll(() => bundles.stop());
beforeEach(async () => {
  site = await TestSite.build();
  configFile = join(site.folder, 'agent.json');
  await writeFile(configFile, site.configText());
});
afterEach(async () => {
  agent?.child.kill('SIGKILL');
  agent = undefined;
  await site.stop();
});

/** Asks for a file until it is stored: the first time it merely passes through. */
const storedFrom = (running: RunningProcess, file: string) =>
  until(async () => {
    await (await fetch(`${running.url}/content/title-1/${file}`)).arrayBuffer();
    return running.lines.some((line) => line.includes('miss.fetch.stored'));
  }, 'the asset to be stored');

async function startProcess(...options: string[]): Promise<RunningProcess> {
  const child = spawn(process.execPath, [program, 'serve', '--config', configFile, ...options]);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (chunk) => lines.push(String(chunk)));
  const ready = await until(
    () => lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'oca.ready'),
    'the agent to be ready',
  );
  expect(ready).toMatchObject({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    ocaId: 'test-oca',
  });
  agent = { child, url: ready.url, managementUrl: ready.managementUrl, lines };
  return agent;
}

async function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...words]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

const exitOf = async ({ child }: RunningProcess) => {
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  return code;
};

test('the agent serves before the control plane has answered, and SIGTERM ends it with 0, log lines being JSON to the end', async () => {
  site.control.isDown = true;
  const running = await startProcess();
  expect((await fetch(`${running.url}/health`)).status).toBe(503);
  running.child.kill('SIGTERM');
  expect(await exitOf(running)).toBe(0);
  expect(running.lines.map((line) => JSON.parse(line).event).at(-1)).toBe('oca.stopped');
});

test('SIGINT and the end of standard input end it too', async () => {
  const first = await startProcess();
  first.child.kill('SIGINT');
  expect(await exitOf(first)).toBe(0);
  const second = await startProcess('--stop-with-stdin');
  second.child.stdin.end();
  expect(await exitOf(second)).toBe(0);
});

test('a download under way does not keep it from stopping', async () => {
  site.cloudFront.interfere = (_request, response, file) => {
    if (!file) return false;
    response.writeHead(200, { 'content-length': file.content.length, etag: file.etag });
    response.write(file.content.subarray(0, 1000));
    return true;
  };
  site.cloudFront.put('title-1', 'v.mp4', seededBytes(1, 100_000));
  const running = await startProcess();
  await until(() => site.control.reports.length, 'a report');
  const answer = await fetch(`${running.url}/content/title-1/v.mp4`);
  running.child.kill('SIGTERM');
  const [code] = await Promise.all([exitOf(running), answer.arrayBuffer().catch(() => undefined)]);
  expect(code).toBe(0);
});

test('the commands reach the running agent and print for people or as JSON', async () => {
  site.cloudFront.put('title-1', 'v.mp4', seededBytes(2, 1000));
  const running = await startProcess();
  await until(() => site.control.lastReport?.state === 'in-service', 'service');
  await storedFrom(running, 'v.mp4');
  const oca = (...words: string[]) => run(...words, '--url', running.managementUrl);
  const json = async (...words: string[]) => JSON.parse((await oca(...words, '--json')).stdout);
  expect((await oca('status')).stdout).toContain('test-oca (site test-site): in-service');
  expect(await json('status')).toMatchObject({ state: 'in-service' });
  expect((await oca('inventory')).stdout).toContain('title-1  1 assets');
  expect(await json('fill')).toMatchObject({ state: 'idle', assetsTotal: 0 });
  expect(await json('verify', '--title', 'title-1')).toMatchObject({
    verifiedAssets: 1,
    removed: [],
  });
  expect((await oca('evict')).stderr).toContain('say what: --title, --asset or --unplanned');
  expect(await json('evict', '--unplanned')).toMatchObject({ freedBytes: 1000 });
  expect(await json('drain')).toMatchObject({ state: 'draining' });
  expect(await json('drain', '--off')).toMatchObject({ state: 'in-service' });
});

test('doctor finds nothing wrong with a sound machine, and names what is wrong with another', async () => {
  await startProcess();
  const sound = await run('doctor', '--config', configFile);
  expect(sound.stdout).toMatch(/^ok\s+identity/);
  expect([sound.code, sound.stdout.includes('fault')]).toEqual([0, false]);
  const config = JSON.parse(site.configText());
  config.disks[1].path = join(site.folder, 'nowhere');
  config.identityFile = join(site.folder, 'nothing');
  await writeFile(configFile, JSON.stringify(config));
  const broken = await run('doctor', '--config', configFile, '--json');
  expect(broken.code).toBe(1);
  const faults = JSON.parse(broken.stdout).findings.filter(
    ({ verdict }: { verdict: string }) => verdict === 'fault',
  );
  expect(faults.map(({ check }: { check: string }) => check)).toEqual(['identity', 'disk flash-2']);
});

test('a wrong configuration ends in one line with every fault and exit code 2; a stopped agent and bad usage in 1', async () => {
  await writeFile(configFile, '{"ocaId":"x","nonsense":1}');
  const wrong = await run('serve', '--config', configFile);
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toMatch(/^oca: config-invalid: .*siteId.*nonsense.*\n$/);
  expect((await run('status', '--url', 'http://127.0.0.1:9')).stderr).toMatch(
    /^oca: upstream-unreachable: .*\n$/,
  );
  expect((await run('status', '--url', 'http://127.0.0.1:9')).code).toBe(1);
  expect((await run('defragment')).code).toBe(1);
  expect((await run('--help')).code).toBe(0);
});

async function placeOf(assetId: AssetId): Promise<string> {
  const places = site
    .disks()
    .map(({ path }) => join(path, 'objects', assetId.slice(0, 2), assetId));
  for (const place of places) {
    const isThere = access(place).then(
      () => true,
      () => false,
    );
    if (await isThere) return place;
  }
  throw new Error(`${assetId} lies nowhere`);
}

test('an agent with a disk that hangs stops when it is told to', async () => {
  site.cloudFront.put('title-1', 'video.mp4', seededBytes(4, 10_000));
  const running = await startProcess();
  await until(() => site.control.reports.length, 'a report');
  await storedFrom(running, 'video.mp4');
  const place = await placeOf(sha256(seededBytes(4, 10_000)));
  await rm(place);
  // Whoever opens it waits for somebody to write.
  await promisify(execFile)('mkfifo', [place]);
  const asked = fetch(`${running.url}/content/title-1/video.mp4`).catch(() => undefined);
  await until(async () => {
    const answer = await fetch(`${running.managementUrl}/status`);
    const { disks } = (await answer.json()) as AgentStatus;
    return disks.some(({ inFlight }) => inFlight > 0);
  }, 'the disk to hang');
  running.child.kill('SIGTERM');
  await exitOf(running);
  expect(running.child.signalCode).toBe('SIGTERM');
  expect(running.lines.at(-1)).toContain('oca.stopped');
  await asked;
});

test('SIGKILL in the middle of a fetch leaves no half asset, and what was stored before is served after', async () => {
  const content = seededBytes(3, 100_000);
  for (const file of ['done.mp4', 'half.mp4']) site.cloudFront.put('title-1', file, content);
  site.cloudFront.interfere = (request, response, file) => {
    if (!file || !request.url?.endsWith('half.mp4')) return false;
    response.writeHead(200, {
      'content-length': file.content.length,
      etag: file.etag,
      'x-amz-meta-sha256': file.sha256,
    });
    response.write(file.content.subarray(0, 50_000));
    return true;
  };
  const killed = await startProcess();
  await until(() => site.control.reports.length, 'a report');
  await storedFrom(killed, 'done.mp4');
  const halves = await Promise.all(
    [1, 2].map(() => fetch(`${killed.url}/content/title-1/half.mp4`)),
  );
  const partials = async () =>
    (await Promise.all(site.disks().map(({ path }) => readdir(join(path, 'tmp'))))).flat();
  expect(await partials()).toHaveLength(1);
  killed.child.kill('SIGKILL');
  await exitOf(killed);
  for (const half of halves) await half.arrayBuffer().catch(() => undefined);
  const restarted = await startProcess();
  expect(await partials()).toEqual([]);
  const ask = () => fetch(`${restarted.url}/content/title-1/done.mp4`, IF_STORED);
  const answer = await until(async () => {
    const tried = await ask();
    if (tried.status === 200) return tried;
    await tried.arrayBuffer();
    return undefined;
  }, 'the disks to be told again');
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
});
