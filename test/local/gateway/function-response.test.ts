import { expect, test } from '@jest/globals';
import { functionResponse, PAYLOAD_BYTES_MAX } from '../../../local/gateway/function-response.ts';

test('a result beyond what Lambda hands over is refused', () => {
  const body = 'x'.repeat(PAYLOAD_BYTES_MAX + 1);
  expect(() => functionResponse({ statusCode: 200, body })).toThrow('Lambda allows');
});

test('a result with a status is the response', () => {
  const response = functionResponse({
    statusCode: 201,
    headers: { 'X-Count': 3, 'Content-Type': 'text/plain' },
    cookies: ['a=b'],
    body: Buffer.from('yes').toString('base64'),
    isBase64Encoded: true,
  });
  expect(response).toEqual({
    status: 201,
    headers: { 'content-type': 'text/plain', 'x-count': '3' },
    cookies: ['a=b'],
    body: Buffer.from('yes'),
  });
});

test('a result without a status is the JSON of a 200', () => {
  const response = functionResponse({ n: 1 });
  expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
  expect(response.body.toString()).toBe('{"n":1}');
});
