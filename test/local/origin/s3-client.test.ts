import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CREDENTIALS, refusalOf, startTestOrigin, type TestOrigin } from './origin-harness.ts';

const Bucket = 'content-bucket';
let origin: TestOrigin;

beforeAll(async () => {
  origin = await startTestOrigin();
  await origin.client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => origin.close());

const put = (Key: string, Body: string | Buffer | Readable, more: object = {}) =>
  origin.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string, more: object = {}) =>
  origin.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
const textOf = async (Key: string, more: object = {}) =>
  (await get(Key, more)).Body?.transformToString();

/** Bytes that follow from a seed. */
function noise(sizeBytes: number, seed: number): Buffer {
  const key = Buffer.alloc(16, `seed ${seed}`);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

describe('refusals come first', () => {
  test('a wrong secret is SignatureDoesNotMatch and an unknown key id InvalidAccessKeyId', async () => {
    const wrongSecret = origin.clientWith({ ...CREDENTIALS, secretAccessKey: 'another' });
    const unknownKey = origin.clientWith({ ...CREDENTIALS, accessKeyId: 'stranger' });
    const command = () => new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' });
    expect(await refusalOf(wrongSecret.send(command()))).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await refusalOf(unknownKey.send(command()))).toEqual([403, 'InvalidAccessKeyId']);
  });

  test('a request without a signature is refused, for reading too', async () => {
    await put('signed-only', 'x');
    const response = await fetch(`${origin.url}/${Bucket}/signed-only`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>AccessDenied</Code>');
  });

  test('a body whose checksum is wrong is refused and leaves neither object nor file', async () => {
    const zeros = Buffer.alloc(32).toString('base64');
    const refusal = refusalOf(put('tampered', 'hello', { ChecksumSHA256: zeros }));
    expect(await refusal).toEqual([400, 'BadDigest']);
    expect(await refusalOf(put('tampered', 'hello', { ChecksumCRC32: 'AAAAAA==' }))).toEqual([
      400,
      'BadDigest',
    ]);
    expect(await refusalOf(get('tampered'))).toEqual([404, 'NoSuchKey']);
    const bodies = await readdir(join(origin.dataDirectory, Bucket, 'bodies'));
    const entries = await readdir(join(origin.dataDirectory, Bucket, 'entries'));
    expect(bodies).toHaveLength(entries.length);
  });

  test('a streamed body that was changed on the way does not match its trailing checksum', async () => {
    const frames = '5\r\nHELLO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n';
    const response = await signedPut('trailer', frames, {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'content-encoding': 'aws-chunked',
    });
    expect(response).toEqual({ status: 400, code: 'BadDigest' });
  });

  test('a body that is shorter than announced is IncompleteBody', async () => {
    const response = await signedPut('short', '5\r\nhello\r\n0\r\n\r\n', {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '6',
    });
    expect(response).toEqual({ status: 400, code: 'IncompleteBody' });
  });

  test('an operation that this origin does not have is NotImplemented', async () => {
    const copy = new CopyObjectCommand({
      Bucket,
      Key: 'copy',
      CopySource: `${Bucket}/signed-only`,
    });
    expect(await refusalOf(origin.client.send(copy))).toEqual([501, 'NotImplemented']);
  });

  test.each(['crc64nvme', 'crc32c', 'unheard-of'])(
    'a %s checksum, which it cannot verify, is refused and nothing is stored',
    async (algorithm) => {
      const field = `x-amz-checksum-${algorithm}`;
      const response = await signedPut('unverifiable', 'hello', { [field]: 'AAAAAAAAAAA=' });
      expect(response).toEqual({ status: 501, code: 'NotImplemented' });
      expect(await refusalOf(get('unverifiable'))).toEqual([404, 'NoSuchKey']);
    },
  );

  test('a missing bucket, key or bucket head is an honest 404', async () => {
    expect(await refusalOf(get('nothing'))).toEqual([404, 'NoSuchKey']);
    const elsewhere = new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'k' });
    expect(await refusalOf(origin.client.send(elsewhere))).toEqual([404, 'NoSuchBucket']);
    const head = new HeadBucketCommand({ Bucket: 'no-such-bucket' });
    expect((await refusalOf(origin.client.send(head)))[0]).toBe(404);
    const created = new CreateBucketCommand({ Bucket });
    expect(await refusalOf(origin.client.send(created))).toEqual([409, 'BucketAlreadyOwnedByYou']);
  });
});

describe('objects', () => {
  test('keep bytes, type, cache control and user metadata, with the MD5 as ETag', async () => {
    const stored = await put('catalog/äöü & ~.json', '{"a":1}', {
      ContentType: 'application/json',
      CacheControl: 'max-age=60',
      Metadata: { sha256: 'abc' },
    });
    const found = await get('catalog/äöü & ~.json');
    expect(await found.Body?.transformToString()).toBe('{"a":1}');
    expect(stored.ETag).toBe(`"${createHash('md5').update('{"a":1}').digest('hex')}"`);
    expect(found).toMatchObject({
      ETag: stored.ETag,
      ContentType: 'application/json',
      CacheControl: 'max-age=60',
      Metadata: { sha256: 'abc' },
      ContentLength: 7,
    });
  });

  test('take a streamed body with a trailing CRC32 and give it back with its checksum', async () => {
    const bytes = noise(3_000_001, 1);
    const pieces = [
      bytes.subarray(0, 10),
      bytes.subarray(10, 2_000_000),
      bytes.subarray(2_000_000),
    ];
    await put('streamed', Readable.from(pieces), { ContentLength: bytes.length });
    const found = await get('streamed', { ChecksumMode: 'ENABLED' });
    expect(found.ChecksumCRC32).toMatch(/^[A-Za-z0-9+/]{6}==$/);
    expect(found.ContentEncoding).toBeUndefined();
    expect(bytes.equals((await found.Body?.transformToByteArray()) ?? Buffer.of())).toBe(true);
  });

  test('verify and keep a SHA-256 for buffers and streams', async () => {
    const sha256 = createHash('sha256').update('hello').digest('base64');
    const buffered = await put('sha', 'hello', { ChecksumAlgorithm: 'SHA256' });
    const streamed = await put('sha-streamed', Readable.from([Buffer.from('hello')]), {
      ChecksumAlgorithm: 'SHA256',
      ContentLength: 5,
    });
    expect([buffered.ChecksumSHA256, streamed.ChecksumSHA256]).toEqual([sha256, sha256]);
  });

  test('may be empty', async () => {
    await put('empty', Buffer.alloc(0));
    expect(await textOf('empty')).toBe('');
    expect(await refusalOf(get('empty', { Range: 'bytes=0-0' }))).toEqual([416, 'InvalidRange']);
  });

  test('answer ranges: first, suffix, open, and 416 outside', async () => {
    await put('digits', '0123456789');
    const part = await get('digits', { Range: 'bytes=2-4' });
    expect(part.ContentRange).toBe('bytes 2-4/10');
    expect(await part.Body?.transformToString()).toBe('234');
    expect(await textOf('digits', { Range: 'bytes=-3' })).toBe('789');
    expect(await textOf('digits', { Range: 'bytes=7-' })).toBe('789');
    expect(await refusalOf(get('digits', { Range: 'bytes=10-' }))).toEqual([416, 'InvalidRange']);
  });

  test('answer conditional reads', async () => {
    const { ETag } = await put('conditional', 'x');
    expect((await refusalOf(get('conditional', { IfNoneMatch: ETag })))[0]).toBe(304);
    expect((await refusalOf(get('conditional', { IfMatch: '"other"' })))[0]).toBe(412);
    expect(await textOf('conditional', { IfMatch: ETag })).toBe('x');
  });

  test('are replaced only if the condition holds, and of two creators one wins', async () => {
    const { ETag } = await put('guarded', 'first');
    const taken = refusalOf(put('guarded', 'second', { IfNoneMatch: '*' }));
    expect(await taken).toEqual([412, 'PreconditionFailed']);
    const stale = refusalOf(put('guarded', 'second', { IfMatch: '"00"' }));
    expect(await stale).toEqual([412, 'PreconditionFailed']);
    await put('guarded', 'second', { IfMatch: ETag });
    expect(await textOf('guarded')).toBe('second');
    const race = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => put('race', `${index}`, { IfNoneMatch: '*' })),
    );
    expect(race.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  test('are read to their end while a new version replaces them', async () => {
    const old = noise(4_000_000, 2);
    await put('replaced', old);
    const reading = await get('replaced');
    await put('replaced', 'new');
    expect(old.equals((await reading.Body?.transformToByteArray()) ?? Buffer.of())).toBe(true);
    expect(await textOf('replaced')).toBe('new');
  });

  test('are gone after a delete, which may be repeated', async () => {
    await put('doomed', 'x');
    const command = () => new DeleteObjectCommand({ Bucket, Key: 'doomed' });
    await origin.client.send(command());
    await origin.client.send(command());
    expect(
      (await refusalOf(origin.client.send(new HeadObjectCommand({ Bucket, Key: 'doomed' }))))[0],
    ).toBe(404);
  });

  test('are found by the virtual-hosted address that CloudFront uses', async () => {
    await put('virtual', 'x');
    const host = `${Bucket}.s3.eu-west-1.amazonaws.com`;
    const response = await signed({ method: 'GET', target: '/virtual', host, body: '' });
    expect(response).toEqual({ status: 200, code: undefined });
  });
});

describe('multipart uploads', () => {
  test('join their parts, with an ETag of the parts and a composite checksum', async () => {
    const bytes = noise(11 * 2 ** 20, 3);
    const upload = new Upload({
      client: origin.client,
      params: { Bucket, Key: 'large', Body: Readable.from([bytes]), ContentType: 'video/mp4' },
    });
    const done = await upload.done();
    const partSize = 5 * 2 ** 20;
    const parts = [0, 1, 2].map((index) =>
      bytes.subarray(index * partSize, (index + 1) * partSize),
    );
    const md5s = parts.map((part) => createHash('md5').update(part).digest());
    const etag = createHash('md5').update(Buffer.concat(md5s)).digest('hex');
    expect(done.ETag).toBe(`"${etag}-3"`);
    const found = await get('large', { ChecksumMode: 'ENABLED' });
    expect(found.ContentType).toBe('video/mp4');
    expect(found.ChecksumCRC32).toMatch(/-3$/);
    expect(bytes.equals((await found.Body?.transformToByteArray()) ?? Buffer.of())).toBe(true);
  }, 20_000);

  test('leave nothing behind when aborted', async () => {
    const before = await readdir(join(origin.dataDirectory, Bucket, 'bodies'));
    const broken = Readable.from(
      (async function* () {
        yield noise(6 * 2 ** 20, 4);
        throw new Error('source broke');
      })(),
    );
    const upload = new Upload({
      client: origin.client,
      params: { Bucket, Key: 'half', Body: broken },
    });
    await expect(upload.done()).rejects.toThrow('source broke');
    expect(await readdir(join(origin.dataDirectory, Bucket, 'bodies'))).toEqual(before);
    expect((await refusalOf(get('half')))[0]).toBe(404);
  });

  test('of a checksum over the whole object are refused', async () => {
    const command = new CreateMultipartUploadCommand({
      Bucket,
      Key: 'k',
      ChecksumType: 'FULL_OBJECT',
    });
    expect((await refusalOf(origin.client.send(command)))[0]).toBe(501);
  });
});

test('listing pages through keys in order and rolls up at the delimiter', async () => {
  const list = { Bucket: 'listed-bucket' };
  await origin.client.send(new CreateBucketCommand(list));
  const keys = ['a/1', 'a/2', 'b', 'c/1/x', 'c/2', 'd&<>'];
  for (const Key of keys.toReversed()) {
    await origin.client.send(new PutObjectCommand({ ...list, Key, Body: 'x' }));
  }
  const page = (more: object) => origin.client.send(new ListObjectsV2Command({ ...list, ...more }));
  const all = await page({});
  expect(all.Contents?.map((object) => object.Key)).toEqual(keys);
  const found: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const answer = await page({ Delimiter: '/', MaxKeys: 1, ContinuationToken });
    expect(answer.KeyCount).toBe(1);
    found.push(...(answer.Contents ?? []).map((object) => object.Key ?? ''));
    found.push(...(answer.CommonPrefixes ?? []).map((common) => common.Prefix ?? ''));
    ContinuationToken = answer.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  expect(found).toEqual(['a/', 'b', 'c/', 'd&<>']);
  const under = await page({ Prefix: 'c/', StartAfter: 'c/1/x' });
  expect(under.Contents?.map((object) => object.Key)).toEqual(['c/2']);
});

test('objects outlive the process, and bodies that nothing names do not', async () => {
  const first = await startTestOrigin({ buckets: [{ name: 'kept-bucket', region: 'eu-west-1' }] });
  const target = { Bucket: 'kept-bucket', Key: 'kept' };
  await first.client.send(new PutObjectCommand({ ...target, Body: 'still here' }));
  const upload = new CreateMultipartUploadCommand({ ...target, Key: 'never-finished' });
  await first.client.send(upload);
  const second = await first.restart();
  const found = await second.client.send(new GetObjectCommand(target));
  expect(await found.Body?.transformToString()).toBe('still here');
  expect(await readdir(join(second.dataDirectory, 'kept-bucket', 'bodies'))).toHaveLength(1);
  await second.close();
});

test('a creation is told once with key, size and ETag, and replicas are the same object', async () => {
  const replicated = await startTestOrigin({
    buckets: [
      { name: 'primary-bucket', region: 'us-east-1' },
      { name: 'replica-bucket', region: 'eu-west-1' },
    ],
    replication: [
      {
        sourceBucket: 'primary-bucket',
        destinationBucket: 'replica-bucket',
        keyPrefix: '',
        replicatesDeletes: true,
      },
    ],
  });
  const primary = { Bucket: 'primary-bucket', Key: 'catalog/x.json' };
  const replica = { Bucket: 'replica-bucket', Key: 'catalog/x.json' };
  const { ETag } = await replicated.client.send(new PutObjectCommand({ ...primary, Body: 'x' }));
  const copy = await replicated.client.send(new GetObjectCommand(replica));
  expect([copy.ETag, await copy.Body?.transformToString()]).toEqual([ETag, 'x']);
  expect(replicated.events).toMatchObject([
    { bucketName: 'primary-bucket', key: 'catalog/x.json', sizeBytes: 1, reason: 'PutObject' },
  ]);
  await replicated.client.send(new DeleteObjectCommand(primary));
  expect((await refusalOf(replicated.client.send(new GetObjectCommand(replica))))[0]).toBe(404);
  await replicated.close();
});

const signedPut = (key: string, body: string, fields: Record<string, string>) =>
  signed({ method: 'PUT', target: `/${Bucket}/${key}`, body, fields });

/** A request signed by this test's own few lines, to send what the SDK never would. */
async function signed(options: {
  method: string;
  target: string;
  body: string;
  host?: string;
  fields?: Record<string, string>;
}): Promise<{ status: number | undefined; code: string | undefined }> {
  const { host: address } = new URL(origin.url);
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    host: options.host ?? address,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-amz-date': amzDate,
    ...options.fields,
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    options.method,
    options.target,
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = [amzDate.slice(0, 8), 'us-east-1', 's3', 'aws4_request'];
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${CREDENTIALS.secretAccessKey}`);
  const hash = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope.join('/'), hash].join('\n');
  const authorization = `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, toSign).toString('hex')}`;
  return new Promise((resolve, reject) => {
    const sent = request(`${origin.url}${options.target}`, {
      method: options.method,
      headers: { ...headers, authorization, 'content-length': Buffer.byteLength(options.body) },
    });
    sent.on('error', reject);
    sent.on('response', async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode, code: /<Code>(\w+)</.exec(text)?.[1] });
    });
    sent.end(options.body);
  });
}
