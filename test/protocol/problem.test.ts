import { expect, test } from '@jest/globals';
import { CdnError } from '#domain/errors.ts';
import { problem, problemOf } from '#protocol/problem.ts';

test('a problem has the status, the title and the stable code of its kind', () => {
  expect(problem('token-expired', 'expired at 12:00')).toEqual({
    type: 'urn:distributary:error:token-expired',
    title: 'The session token has expired',
    status: 401,
    code: 'token-expired',
    detail: 'expired at 12:00',
  });
});

test('what broke inside says nothing of the inside', () => {
  const thrown = new Error("ENOENT: no such file, open '/srv/oca/secret'");
  expect(problemOf(thrown)).toEqual({
    type: 'urn:distributary:error:internal',
    title: 'Something broke that we did not foresee',
    status: 500,
    code: 'internal',
  });
});

test('an error of ours speaks for itself', () => {
  expect(problemOf(new CdnError('title-not-found', 'no title "x" is published'))).toMatchObject({
    status: 404,
    detail: 'no title "x" is published',
  });
});

test('a code that has no HTTP status of its own becomes a 500', () => {
  expect(problem('disk-full').status).toBe(500);
});
