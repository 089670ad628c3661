import { expect, test } from '@jest/globals';
import type { CloudFrontHeaders, CloudFrontResponseEvent } from 'aws-lambda';
import { handler } from '../../../lambda/edge-response-headers/handler.ts';

const fields = (headers: Record<string, string>): CloudFrontHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [key.toLowerCase(), [{ key, value }]]),
  );

/** What a viewer gets to see of S3's answer to a request for `uri`. */
async function shown(uri: string, status: string, headers: Record<string, string> = {}) {
  const event = {
    Records: [
      {
        cf: {
          config: { eventType: 'origin-response' },
          request: { uri, method: 'GET' },
          response: { status, statusDescription: 'as S3 says', headers: fields(headers) },
        },
      },
    ],
  } as unknown as CloudFrontResponseEvent;
  const response = await handler(event);
  const body = response && 'body' in response ? response.body : undefined;
  const shownHeaders = Object.entries(response?.headers ?? {}).map(([name, values]) => [
    name,
    values[0]?.value,
  ]);
  return { status: response?.status, body, headers: Object.fromEntries(shownHeaders) };
}

test.each([
  ['/content/movie1/video-720p.mp4', 'public, max-age=31536000, immutable'],
  ['/content/movie1/manifest.mpd', 'public, max-age=300'],
  ['/content/movie1/hls/main.m3u8', 'public, max-age=300'],
  ['/images/movie1/poster.avif', 'public, max-age=2592000'],
])('%s is kept for as long as its kind allows', async (uri, cacheControl) => {
  for (const status of ['200', '206', '304']) {
    expect((await shown(uri, status)).headers['cache-control']).toBe(cacheControl);
  }
});

test("nothing of S3's own is shown, save the SHA-256 of the bytes", async () => {
  const { headers } = await shown('/content/movie1/a.mp4', '200', {
    'x-amz-id-2': 'secret',
    'x-amz-request-id': 'secret',
    'x-amz-server-side-encryption': 'AES256',
    'x-amz-version-id': 'v1',
    'x-amz-meta-owner': 'someone',
    'x-amz-meta-sha256': 'abc',
    ETag: '"tag"',
    'Content-Length': '10',
  });
  expect(headers).toEqual({
    'x-amz-meta-sha256': 'abc',
    etag: '"tag"',
    'content-length': '10',
    'cache-control': 'public, max-age=31536000, immutable',
  });
});

test.each([
  ['403', 'forbidden'],
  ['404', 'asset-not-found'],
  ['416', 'range-not-satisfiable'],
  ['500', 'internal'],
  ['503', 'out-of-service'],
])("S3's XML for %s becomes a problem document with the same status", async (status, code) => {
  const {
    status: shownStatus,
    headers,
    body,
  } = await shown('/content/movie1/a.mp4', status, {
    'Content-Type': 'application/xml',
    'Content-Length': '243',
    'Transfer-Encoding': 'chunked',
    'x-amz-request-id': 'secret',
    'Retry-After': '2',
  });
  expect(shownStatus).toBe(status);
  expect(JSON.parse(body ?? '')).toMatchObject({ status: Number(status), code });
  expect(headers).toEqual({
    'content-type': 'application/problem+json',
    'cache-control': 'public, max-age=0',
    'transfer-encoding': 'chunked',
    'retry-after': '2',
  });
});

test('an error without a code of ours keeps its status and shows nothing', async () => {
  const { status, headers, body } = await shown('/content/movie1/a.mp4', '412', {
    'Content-Type': 'application/xml',
  });
  expect([status, headers, body]).toEqual(['412', { 'cache-control': 'public, max-age=0' }, '']);
});

test('a response that cannot be read is passed on as it is', async () => {
  const response = { status: '200', statusDescription: 'OK', headers: null };
  const event = { Records: [{ cf: { request: { uri: '/content/a/b.mp4' }, response } }] };
  expect(await handler(event as unknown as CloudFrontResponseEvent)).toBe(response);
});
