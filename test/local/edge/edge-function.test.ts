import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EdgeFunction } from '../../../local/edge/functions/edge-function.ts';
import { scratchFolder, writeBundle } from './edge-harness.ts';

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let running: EdgeFunction[];
let logged: [string, Readonly<Record<string, unknown>>][];

beforeEach(async () => {
  folder = await scratchFolder();
  running = [];
  logged = [];
});
afterEach(async () => {
  for (const edgeFunction of running) await edgeFunction.close();
  await folder.remove();
});

function start(code: string, timeoutSeconds = 5): EdgeFunction {
  const edgeFunction = new EdgeFunction(
    {
      functionName: 'tested',
      handler: 'index.handler',
      codeFolder: writeBundle(folder.path, 'tested', code),
      timeoutSeconds,
      memoryMiB: 128,
    },
    (event, details) => logged.push([event, details]),
  );
  running.push(edgeFunction);
  return edgeFunction;
}

describe('a function that fails is out of service, and the next event finds a new instance', () => {
  const counting = (fault: string) => `
    let count = 0;
    exports.handler = async (event) => { count += 1; if (event.isBad) { ${fault} } return { count }; };`;

  test.each([
    ['hangs', 'await new Promise(() => { setInterval(() => {}, 1000); });'],
    ['spins', 'for (;;);'],
    ['ends its process', 'process.exit(1);'],
    [
      'takes more memory than it has',
      'const all = []; for (;;) all.push(new Array(1e5).fill(Math.random()));',
    ],
  ])(
    'when it %s',
    async (_, fault) => {
      const edgeFunction = start(counting(fault), 0.5);
      expect(await edgeFunction.invoke({}, 'r1')).toEqual({ count: 1 });
      const failed = edgeFunction.invoke({ isBad: true }, 'r2');
      await expect(failed).rejects.toMatchObject({ code: 'out-of-service' });
      expect(await edgeFunction.invoke({}, 'r3')).toEqual({ count: 1 });
    },
    20_000,
  );

  test('when it throws; its instance lives on, and the viewer is told nothing of it', async () => {
    const edgeFunction = start(counting("throw new TypeError('secret detail');"));
    const failed = edgeFunction.invoke({ isBad: true }, 'r1');
    await expect(failed).rejects.toMatchObject({ code: 'out-of-service' });
    await expect(failed).rejects.not.toThrow('secret detail');
    expect(logged).toEqual([
      ['edge.function.failed', expect.objectContaining({ reason: 'TypeError: secret detail' })],
    ]);
    expect(await edgeFunction.invoke({}, 'r2')).toEqual({ count: 2 });
  });

  test('when its bundle cannot be loaded', async () => {
    const failed = start('this is no JavaScript').invoke({}, 'r1');
    await expect(failed).rejects.toMatchObject({ code: 'out-of-service' });
  });
});

test('it sees no environment but what Lambda sets', async () => {
  const environment = await start('exports.handler = async () => process.env;').invoke({}, 'r1');
  expect(environment).toEqual({
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'us-east-1.tested',
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
  });
});

test('an instance has one event at a time, and many events are answered by a few instances', async () => {
  const edgeFunction = start(`
    const { threadId } = require('node:worker_threads');
    let atWork = 0;
    let most = 0;
    exports.handler = async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise(setImmediate);
      atWork -= 1;
      return { threadId, most };
    };`);
  const answers = (await Promise.all(
    Array.from({ length: 50 }, (_, index) => edgeFunction.invoke({}, `r${index}`)),
  )) as { threadId: number; most: number }[];
  expect(new Set(answers.map(({ most }) => most))).toEqual(new Set([1]));
  expect(new Set(answers.map(({ threadId }) => threadId)).size).toBeLessThanOrEqual(4);
});

test('what it prints is logged and goes nowhere else', async () => {
  const edgeFunction = start("exports.handler = async () => { console.log('hello'); return 1; };");
  expect(await edgeFunction.invoke({}, 'r1')).toBe(1);
  const deadline = Date.now() + 5000;
  while (logged.length === 0 && Date.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(logged).toEqual([['edge.function.output', { functionName: 'tested', text: 'hello' }]]);
});
