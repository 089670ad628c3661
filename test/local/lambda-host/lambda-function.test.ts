import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LambdaFunction } from '../../../local/lambda-host/lambda-function.ts';

let codeFolder: string;
let subject: LambdaFunction;
let events: { event: string; facts?: unknown }[];

beforeEach(() => {
  codeFolder = mkdtempSync(join(tmpdir(), 'lambda-function-'));
  writeFileSync(join(codeFolder, 'package.json'), '{"type":"commonjs"}');
  events = [];
});
afterEach(async () => {
  await subject.stop();
  rmSync(codeFolder, { recursive: true });
});

function functionOf(code: string, { timeoutSeconds = 10 } = {}): LambdaFunction {
  writeFileSync(join(codeFolder, 'index.js'), code);
  subject = new LambdaFunction(
    {
      functionName: 'subject',
      awsRegion: 'eu-west-1',
      handler: 'index.handler',
      codeFolder,
      environment: { WORD: 'template', PLACE: 'template' },
      timeoutSeconds,
    },
    { PLACE: 'here' },
    (event, facts) => events.push({ event, facts }),
  );
  return subject;
}

test('a handler that throws fails its invocation and tells the caller nothing of itself', async () => {
  const failing = functionOf("exports.handler = async () => { throw new Error('inner secret'); };");
  await expect(failing.invoke({})).rejects.toMatchObject({
    code: 'internal',
    message: 'the function subject failed',
  });
  expect(JSON.stringify(events)).toContain('inner secret');
});

test('a handler that never answers is cut off, even in an endless loop, and the next invocation works', async () => {
  const slow = functionOf(
    'exports.handler = async ({ hang }) => { if (hang) for (;;); return "fine"; };',
    { timeoutSeconds: 1 },
  );
  await expect(slow.invoke({ hang: true })).rejects.toMatchObject({ code: 'upstream-timeout' });
  await expect(slow.invoke({ hang: false })).resolves.toBe('fine');
});

test('a handler that takes its thread down fails what is under way, and the next invocation works', async () => {
  const crashing = functionOf(
    'exports.handler = ({ crash }) => crash ? (setImmediate(() => { throw new Error("x"); }), new Promise(() => {})) : "fine";',
  );
  await expect(crashing.invoke({ crash: true })).rejects.toMatchObject({ code: 'internal' });
  await expect(crashing.invoke({ crash: false })).resolves.toBe('fine');
});

test('a result travels as JSON: what JSON cannot say is lost', async () => {
  const dated = functionOf('exports.handler = async () => ({ at: new Date(0), none: undefined });');
  await expect(dated.invoke({})).resolves.toEqual({ at: '1970-01-01T00:00:00.000Z' });
});

test('variables are those of the template and of this machine, and of nobody else', async () => {
  process.env.LEAK = 'leaked';
  const asked = functionOf(
    'exports.handler = async () => ["WORD", "PLACE", "AWS_REGION", "LEAK"].map((name) => process.env[name] ?? null);',
  );
  const variables = await asked.invoke({});
  delete process.env.LEAK;
  expect(variables).toEqual(['template', 'here', 'eu-west-1', null]);
});

test('invocations at the same time get their own answers', async () => {
  const echo = functionOf(
    'exports.handler = ({ n }) => new Promise((resolve) => setTimeout(() => resolve(n), 20 - n));',
  );
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => echo.invoke({ n })));
  expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => n));
});
