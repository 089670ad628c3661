import { describe, expect, test } from '@jest/globals';
import type { CacheResponse } from '../../../local/edge/cache/messages.ts';
import {
  edgeEvent,
  requestResult,
  responseResult,
} from '../../../local/edge/functions/edge-event.ts';

const request = {
  method: 'GET',
  uri: '/~token/content/t/f.mp4',
  querystring: 'a=1',
  fields: { host: 'cdn.example', range: 'bytes=0-1' },
};
const response: CacheResponse = { status: 200, fields: { etag: '"x"' } };

test("a viewer-request event has CloudFront's shape", () => {
  const event = edgeEvent({
    distributionId: 'MEDIA',
    eventType: 'viewer-request',
    requestId: 'r1',
    clientIp: '127.0.0.1',
    request,
  });
  expect(event).toEqual({
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: 'media.cloudfront.net',
            distributionId: 'MEDIA',
            eventType: 'viewer-request',
            requestId: 'r1',
          },
          request: {
            clientIp: '127.0.0.1',
            headers: {
              host: [{ key: 'host', value: 'cdn.example' }],
              range: [{ key: 'range', value: 'bytes=0-1' }],
            },
            method: 'GET',
            querystring: 'a=1',
            uri: '/~token/content/t/f.mp4',
          },
        },
      },
    ],
  });
});

describe('a request function', () => {
  const unchanged = { method: 'GET', uri: '/x', querystring: '', headers: {} };

  test('may rewrite path, query and headers', () => {
    const headers = {
      'x-a': [
        { key: 'X-A', value: '1' },
        { key: 'X-A', value: '2' },
      ],
    };
    expect(requestResult({ ...unchanged, headers }, request, 'viewer')).toEqual({
      method: 'GET',
      uri: '/x',
      querystring: '',
      fields: { 'x-a': '1, 2' },
    });
  });

  test('may answer', () => {
    const body = Buffer.from('hello').toString('base64');
    const answer = requestResult({ status: 401, body, bodyEncoding: 'base64' }, request, 'viewer');
    expect(answer).toMatchObject({ status: 401, fields: { 'content-length': '5' } });
  });

  test.each([
    ['nothing', undefined],
    ['another method', { ...unchanged, method: 'POST' }],
    ['a path that is none', { ...unchanged, uri: 'x' }],
    ['no query', { method: 'GET', uri: '/x', headers: {} }],
    ['a header of CloudFront', { ...unchanged, headers: { 'x-edge-a': [{ value: '1' }] } }],
    ['a header name in upper case', { ...unchanged, headers: { 'X-A': [{ value: '1' }] } }],
    ['a header that is no list', { ...unchanged, headers: { 'x-a': '1' } }],
    ['a status that is none', { status: '99' }],
    ['a body that is too long for a viewer', { status: '200', body: 'x'.repeat(40 * 1024 + 1) }],
    ['a body in an unknown encoding', { status: '200', body: 'x', bodyEncoding: 'hex' }],
  ])('may not return %s', (_, result) => {
    expect(() => requestResult(result, request, 'viewer')).toThrow(
      expect.objectContaining({ code: 'upstream-invalid' }),
    );
  });
});

describe('a response function', () => {
  test('keeps the body unless it returns one', () => {
    const result = { status: '200', headers: { etag: [{ value: '"x"' }], age: [{ value: '1' }] } };
    expect(responseResult(result, response, 'origin')).toEqual({
      status: 200,
      fields: { etag: '"x"', age: '1' },
    });
    const replaced = responseResult({ status: '404', headers: {}, body: 'no' }, response, 'origin');
    expect(replaced).toMatchObject({ status: 404, fields: { 'content-length': '2' } });
  });

  test('may not change the status on the viewer side', () => {
    expect(() => responseResult({ status: '404', headers: {} }, response, 'viewer')).toThrow();
  });
});
