import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { buildProgram } from '../../../oca-agent/cli/program.ts';
import { nodePlatform } from '../../../oca-agent/platform/node-platform.ts';
import { seededBytes } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';

let site: TestSite;
let printed: string;
const served: unknown[] = [];

beforeAll(async () => {
  site = await TestSite.start();
  site.cloudFront.put('title-1', 'video.mp4', seededBytes(1, 1_234_567));
  await site.store('title-1', 'video.mp4');
  await writeFile(join(site.folder, 'agent.json'), site.configText());
});
afterAll(() => site.stop());
beforeEach(() => {
  printed = '';
});

/** Runs one command in this process, against the running agent. */
async function oca(...words: string[]): Promise<string> {
  const platform = nodePlatform();
  const program = buildProgram({
    platform,
    softwareVersion: 'test',
    configFile: join(site.folder, 'agent.json'),
    print: (text) => {
      printed += text;
    },
    serve: async (config, options) => {
      served.push([config.ocaId, options]);
    },
  });
  await program.exitOverride().parseAsync(words, { from: 'user' });
  platform.httpClient.close();
  return printed;
}
const reach = () => ['--url', site.managementUrl];

test('status is a page for people, with units', async () => {
  const page = await oca('status', ...reach());
  expect(page).toContain('test-oca (site test-site): in-service\n');
  expect(page).toContain('requests   2: 0 hits, 2 misses, 0 refusals, 0 failures\n');
  expect(page).toContain('sent       0 B from disks, 2.5 MB of misses\n');
  expect(page).toMatch(/disk {7}flash-[12] \(flash\): 1\.2 MB of 4\.2 MB\n/);
  expect(page).toContain('fill       idle, no plan yet, 0 of 0 assets (0 B of 0 B)\n');
});

test('inventory, verify and fill speak to people too', async () => {
  expect(await oca('inventory', ...reach())).toMatch(
    /^title-1 {2}1 assets\ndigest [0-9a-f]{64}\n$/,
  );
  printed = '';
  expect(await oca('verify', ...reach())).toBe('verified 1 assets, 1.2 MB\n');
  printed = '';
  expect(await oca('fill', ...reach())).toMatch(/^idle, no plan yet/);
});

test('serve hands over the configuration and what is to stop it', async () => {
  await oca('serve', '--stop-with-stdin');
  expect(served).toEqual([['test-oca', { stopWithStdin: true }]]);
});

test.each([
  [['evict'], 'request-invalid'],
  [['evict', '--title', 'Not A Title'], 'request-invalid'],
  [['verify', '--asset', 'abc'], 'request-invalid'],
  [['status', '--config', '/nowhere/agent.json'], 'config-invalid'],
])('%j is refused with %s', async (words, code) => {
  await expect(oca(...words)).rejects.toMatchObject({ code });
});

test('doctor tells the state of every disk', async () => {
  const page = await oca('doctor').catch(() => printed);
  for (const { diskId } of site.disks())
    expect(page).toMatch(new RegExp(`^ok +disk ${diskId}:.*in use`, 'm'));
});
