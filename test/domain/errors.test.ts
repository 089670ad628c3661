import { expect, test } from '@jest/globals';
import { CdnError, ERROR_CODES, errorCodeOf, errorKind, isErrorCode } from '#domain/errors.ts';

test('an error knows its status, who caused it and what a caller may do', () => {
  const error = new CdnError('upstream-timeout', 'no answer within 2500 ms', {
    details: { waitedMs: 2500 },
  });
  expect(error).toMatchObject({
    code: 'upstream-timeout',
    status: 504,
    source: 'upstream',
    retry: 'other-source',
    details: { waitedMs: 2500 },
  });
});

test('media is never refused with a 503 by an OCA that sheds load: it says 429, which players leave at once', () => {
  expect(errorKind('overloaded').status).toBe(429);
  expect(errorKind('draining').status).toBe(429);
});

test('what we did not raise ourselves is internal', () => {
  expect(errorCodeOf(new Error('boom'))).toBe('internal');
  expect(errorCodeOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('internal');
  expect(errorCodeOf(undefined)).toBe('internal');
  expect(errorCodeOf({ code: 'disk-full' })).toBe('disk-full');
});

test('inherited property names are no codes', () => {
  expect(isErrorCode('toString')).toBe(false);
  expect(ERROR_CODES.every(isErrorCode)).toBe(true);
});
