import { createCipheriv } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { startOrigin } from '../../../local/origin/start-origin.ts';
import type { ReplicationRule } from '../../../local/origin/store/replication.ts';

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'secret-of-this-test' };

/** A folder of this test alone, and what removes it. */
export async function scratchFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'edge-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Bytes that follow from a seed, and are found nowhere twice. */
export function noise(sizeBytes: number, seed: number): Buffer {
  const key = Buffer.alloc(16, `seed ${seed}`);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

/** Writes a bundle as the CDK app's bundler lays it out, and returns its folder. */
export function writeBundle(folder: string, name: string, code: string): string {
  const bundle = join(folder, name);
  mkdirSync(bundle, { recursive: true });
  writeFileSync(join(bundle, 'index.js'), code);
  writeFileSync(join(bundle, 'package.json'), '{"type":"commonjs"}');
  return bundle;
}

/** What a gate lets through to its bucket. */
export interface Gate {
  readonly url: string;
  /** Requests that came, as `METHOD path range`. */
  readonly seen: string[];
  /** Answers with this status in the bucket's stead. */
  status: number | undefined;
  /** Resolves when a request may go on to the bucket. */
  opens: Promise<void>;
  /** Passes on this many bytes of each body, then breaks the connection. */
  cutAfterBytes: number | undefined;
}

export interface TestBuckets {
  /** One server for each bucket, in front of the one origin. */
  gate(bucketName: string): Gate;
  put(
    bucketName: string,
    key: string,
    body: Buffer | string,
    more?: Partial<PutObjectCommandInput>,
  ): Promise<void>;
  originUrlFor(bucketName: string): string;
  close(): Promise<void>;
}

/** The real origin with these buckets, each behind a gate that counts and can fail. */
export async function startBuckets(
  buckets: readonly { name: string; region: string }[],
  replication: readonly ReplicationRule[] = [],
): Promise<TestBuckets> {
  const folder = await scratchFolder();
  const origin = await startOrigin({
    dataDirectory: folder.path,
    host: '127.0.0.1',
    port: 0,
    credentials: CREDENTIALS,
    buckets,
    replication,
  });
  const gates = new Map<string, { gate: Gate; server: Server }>();
  for (const { name } of buckets) gates.set(name, await startGate(new URL(origin.url)));
  const client = new S3Client({
    endpoint: origin.url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    forcePathStyle: true,
  });
  const gate = (name: string): Gate => {
    const found = gates.get(name);
    if (!found) throw new Error(`no bucket ${name}`);
    return found.gate;
  };
  return {
    gate,
    put: async (Bucket, Key, Body, more = {}) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
    },
    originUrlFor: (name) => gate(name).url,
    close: async () => {
      client.destroy();
      for (const { server } of gates.values()) await closeServer(server);
      await origin.close();
      await folder.remove();
    },
  };
}

async function startGate(origin: URL): Promise<{ gate: Gate; server: Server }> {
  const server = createServer((incoming, outgoing) => void pass(gate, origin, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gate: Gate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    status: undefined,
    opens: Promise.resolve(),
    cutAfterBytes: undefined,
  };
  return { gate, server };
}

async function pass(
  gate: Gate,
  origin: URL,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  gate.seen.push([incoming.method, incoming.url, incoming.headers.range].filter(Boolean).join(' '));
  await gate.opens;
  if (gate.status !== undefined) {
    outgoing.writeHead(gate.status, { 'content-type': 'application/xml' }).end('<Error/>');
    return;
  }
  const { method, url, headers } = incoming;
  const forwarded = request({
    host: origin.hostname,
    port: origin.port,
    method,
    path: url,
    headers,
  });
  forwarded.on('error', () => outgoing.destroy());
  forwarded.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    if (gate.cutAfterBytes === undefined) answer.pipe(outgoing);
    else void cut(answer, outgoing, gate.cutAfterBytes);
  });
  forwarded.end();
}

async function cut(answer: IncomingMessage, outgoing: ServerResponse, bytes: number) {
  let left = bytes;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    await new Promise((resolve) => outgoing.write(chunk.subarray(0, left), resolve));
    left -= chunk.length;
    if (left <= 0) break;
  }
  outgoing.destroy();
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
