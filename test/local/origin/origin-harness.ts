import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { ObjectCreated } from '../../../local/origin/object-created.ts';
import { type OriginOptions, startOrigin } from '../../../local/origin/start-origin.ts';

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'secret-of-this-test' };

export interface TestOrigin {
  readonly url: string;
  readonly client: S3Client;
  readonly events: ObjectCreated[];
  readonly dataDirectory: string;
  clientWith(credentials: typeof CREDENTIALS): S3Client;
  /** Stops the server and starts another one on the same folder. */
  restart(): Promise<TestOrigin>;
  close(): Promise<void>;
}

/** A real origin on a free port over a new folder, with the real SDK client. */
export async function startTestOrigin(
  options: Partial<OriginOptions> = {},
  folder?: string,
): Promise<TestOrigin> {
  const dataDirectory = folder ?? (await mkdtemp(join(tmpdir(), 'origin-')));
  const events: ObjectCreated[] = [];
  const origin = await startOrigin({
    dataDirectory,
    host: '127.0.0.1',
    port: 0,
    credentials: CREDENTIALS,
    onObjectCreated: (event) => events.push(event),
    ...options,
  });
  const clientWith = (credentials: typeof CREDENTIALS) =>
    new S3Client({
      endpoint: origin.url,
      region: 'us-east-1',
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    });
  const client = clientWith(CREDENTIALS);
  const stop = async () => {
    client.destroy();
    await origin.close();
  };
  return {
    url: origin.url,
    client,
    events,
    dataDirectory,
    clientWith,
    restart: async () => {
      await stop();
      return startTestOrigin(options, dataDirectory);
    },
    close: async () => {
      await stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** What a rejected call was refused with: `[status, name]`. */
export async function refusalOf(call: Promise<unknown>): Promise<[number | undefined, string]> {
  try {
    await call;
  } catch (thrown) {
    const { name, $metadata } = thrown as { name: string; $metadata?: { httpStatusCode?: number } };
    return [$metadata?.httpStatusCode, name];
  }
  throw new Error('expected a refusal, and the call succeeded');
}
