import { expect, test } from '@jest/globals';
import { errorCodeOf } from '#domain/errors.ts';
import { fetchPlaybackSession, type HttpGet } from '../../player-sdk/index.ts';
import { sessionOf } from './sessions.ts';

const answer =
  (status: number, body: string): HttpGet =>
  async () => ({ ok: status < 300, status, text: async () => body });

const codeOf = (request: Promise<unknown>) =>
  request.then(
    () => 'no error',
    (error: unknown) => errorCodeOf(error),
  );

const request = { playUrl: 'http://127.0.0.1:8080/', titleId: 'city-at-night' };

test('a playback API that does not answer is unreachable', async () => {
  const silent: HttpGet = async () => {
    throw new TypeError('fetch failed');
  };
  expect(await codeOf(fetchPlaybackSession(request, silent))).toBe('upstream-unreachable');
});

test('a refusal keeps the code of its problem document', async () => {
  const refusal = answer(404, JSON.stringify({ code: 'title-not-found', detail: 'no such title' }));
  expect(await codeOf(fetchPlaybackSession(request, refusal))).toBe('title-not-found');
});

test('a refusal without a problem document, and an answer that is no session, are invalid', async () => {
  expect(await codeOf(fetchPlaybackSession(request, answer(500, '<html>')))).toBe(
    'upstream-invalid',
  );
  expect(await codeOf(fetchPlaybackSession(request, answer(200, '{}')))).toBe('upstream-invalid');
});

test('giving up is not told as a failure of the API', async () => {
  const stop = new AbortController();
  const hanging: HttpGet = async () => {
    stop.abort(new Error('given up'));
    throw new TypeError('aborted');
  };
  const given = fetchPlaybackSession({ ...request, signal: stop.signal }, hanging);
  await expect(given).rejects.toThrow('given up');
});

test('the session is asked for under the title, with the entitlement as a bearer', async () => {
  const asked: unknown[] = [];
  const httpGet: HttpGet = async (url, { headers }) => {
    asked.push(url, headers);
    return { ok: true, status: 200, text: async () => JSON.stringify(sessionOf()) };
  };
  const session = await fetchPlaybackSession({ ...request, entitlement: 'jwt' }, httpGet);
  expect(session.sessionId).toBe('session-1');
  expect(asked).toEqual([
    'http://127.0.0.1:8080/v1/playback/city-at-night',
    { authorization: 'Bearer jwt' },
  ]);
});
