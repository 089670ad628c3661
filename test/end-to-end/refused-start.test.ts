import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type LocalRun, processesOf, startRun } from './local-run.ts';

/** A process loads in a second, but the machine may be busy. */
jest.setTimeout(60_000);

let folder: string;
let run: LocalRun | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'refused-start-'));
});
afterEach(async () => {
  await run?.discard();
  rmSync(folder, { recursive: true });
});

/** What the run left of its own files. */
const leftIn = (folderOfRun: string): string[] =>
  readdirSync(folderOfRun).filter((name) => name.startsWith('distributary'));

/** Starts, and expects it to end by itself: not well, with one line, and with nothing left. */
async function refusal(options: Parameters<typeof startRun>[0]): Promise<string> {
  run = await startRun(options);
  expect(await run.exitCode).not.toBe(0);
  expect(run.output.filter((line) => line.startsWith('ready'))).toEqual([]);
  expect(leftIn(run.temporaryFolder)).toEqual([]);
  expect(run.errors).toHaveLength(1);
  return run.errors.join('\n');
}

test('a taken port is refused in one line', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const line = await refusal({ port });
  await new Promise((resolve) => server.close(resolve));
  expect(line).toMatch(`address-taken: 127.0.0.1:${port} is in use by another program`);
});

test('a data folder that cannot be written is refused in one line', async () => {
  writeFileSync(join(folder, 'file'), '');
  const data = join(folder, 'file', 'data');
  expect(await refusal({ args: ['--data', data] })).toMatch(
    `folder-unwritable: the data folder ${data} cannot be written`,
  );
});

test('a media folder without a playback manifest is refused in one line', async () => {
  const media = join(folder, 'media');
  mkdirSync(media);
  writeFileSync(join(media, 'holiday.mov'), '');
  expect(await refusal({ args: ['--media', media] })).toMatch(
    `media-without-manifest: ${media} holds no playback manifest`,
  );
});

test('an option that makes no sense is refused in one line', async () => {
  expect(await refusal({ args: ['--port', 'eighty'] })).toMatch('Expected a whole number');
  await run?.discard();
  expect(await refusal({ args: ['--prot', '80'] })).toMatch("unknown option '--prot'");
});

test('a start that is interrupted leaves nothing behind', async () => {
  run = await startRun();
  await run.line('✓ addresses');
  run.process.kill('SIGINT');
  expect(await run.exitCode).toBe(0);
  expect(run.errors).toEqual([]);
  expect(leftIn(run.temporaryFolder)).toEqual([]);
  expect(processesOf(run.temporaryFolder)).toEqual([]);
});
