import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CREDENTIALS } from './origin-harness.ts';
import { bundleTestProgram, ENVIRONMENT, type Program } from './program-harness.ts';

let origin: Program;

beforeAll(async () => {
  origin = await bundleTestProgram('local/origin/main.ts');
}, 60_000);
afterEach(() => origin.stopAll());
afterAll(() => origin.remove());

const originArguments = () => ['--data', join(origin.folder, 'data')];

describe('the origin program', () => {
  test('without credentials says what is missing, and fails', async () => {
    const { line, exited } = origin.start(originArguments(), {});
    const { event, code, message } = await line;
    expect([event, code, message]).toEqual([
      'origin.failed',
      'config-invalid',
      'AWS_ACCESS_KEY_ID is required and was not given',
    ]);
    expect(await exited).toEqual([1, null]);
  });

  test('on a taken port says so, and fails', async () => {
    const taken = origin.start(originArguments());
    const { port } = new URL((await taken.line).url ?? '');
    const second = origin.start([...originArguments(), '--port', port]);
    expect(await second.line).toMatchObject({ event: 'origin.failed', code: 'address-taken' });
    expect(await second.exited).toEqual([1, null]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('is ready, and stops cleanly on %s', async (signal) => {
    const { child, line, exited } = origin.start(originArguments());
    expect(await line).toMatchObject({
      event: 'origin.ready',
      url: expect.stringMatching(/^http:/),
    });
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
  });

  test('stops when its parent is gone, which it sees by the end of stdin', async () => {
    const { child, line, exited } = origin.start([...originArguments(), '--stop-with-stdin']);
    await line;
    child.stdin?.end();
    expect(await exited).toEqual([0, null]);
  });

  test('tells the event bus of a new object, as S3 would', async () => {
    const bus = await startBus();
    const { line } = origin.start(originArguments(), {
      ...ENVIRONMENT,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
    });
    const endpoint = (await line).url ?? '';
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      forcePathStyle: true,
    });
    await client.send(new CreateBucketCommand({ Bucket: 'content-bucket' }));
    await client.send(
      new PutObjectCommand({ Bucket: 'content-bucket', Key: 'catalog/city.json', Body: '{}' }),
    );
    const [entry] = (await bus.received).Entries;
    expect(entry).toMatchObject({
      Source: 'aws.s3',
      DetailType: 'Object Created',
      Resources: ['arn:aws:s3:::content-bucket'],
    });
    expect(JSON.parse(entry?.Detail ?? '')).toMatchObject({
      bucket: { name: 'content-bucket' },
      object: { key: 'catalog/city.json', size: 2, etag: '99914b932bd37a50b983c5e7c90ae93b' },
      reason: 'PutObject',
    });
    client.destroy();
    bus.server.close();
  });
});

interface PutEvents {
  readonly Entries: { Source: string; DetailType: string; Detail: string; Resources: string[] }[];
}

async function startBus(): Promise<{ url: string; received: Promise<PutEvents>; server: Server }> {
  const { promise, resolve } = Promise.withResolvers<PutEvents>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] }));
    if (request.headers['x-amz-target'] === 'AWSEvents.PutEvents') resolve(JSON.parse(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received: promise, server };
}
