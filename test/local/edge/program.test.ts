import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleTestProgram, type Program } from '../origin/program-harness.ts';
import { synthesizeSmallApp } from './small-app.ts';

let edge: Program;
let assemblyDirectory: string;

beforeAll(async () => {
  edge = await bundleTestProgram('local/edge/main.ts');
  assemblyDirectory = await synthesizeSmallApp(edge.folder);
}, 60_000);
afterEach(() => edge.stopAll());
afterAll(() => edge.remove());

describe('the edge program', () => {
  test('without an assembly says what is missing, and fails', async () => {
    const { line, exited } = edge.start(['--origin-url', 'http://127.0.0.1:1']);
    expect(await line).toMatchObject({
      event: 'edge.failed',
      message: '--assembly is required and was not given',
    });
    expect(await exited).toEqual([1, null]);
  });

  test('runs the functions of the template, and stops cleanly', async () => {
    const { child, line, exited } = edge.start([
      ...['--assembly', assemblyDirectory],
      ...['--origin-url', 'http://127.0.0.1:1'],
    ]);
    const { event, url } = await line;
    expect(event).toBe('edge.ready');
    const response = await fetch(`${url}/tells/x`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"viewer-request"');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
