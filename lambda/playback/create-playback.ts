import type { TitleList } from '#protocol/playback.ts';
import { problem } from '#protocol/problem.ts';
import { type HttpAnswer, jsonAnswer, problemAnswer } from '../shared/http.ts';
import { createHttpHandler, type HttpHandler, type Route } from '../shared/http-handler.ts';
import { type PlaybackContext, type PlaybackDependencies, playbackContext } from './context.ts';
import { explainAnswer } from './explain-answer.ts';
import { mpdAnswer, playlistAnswer } from './manifest-answers.ts';
import { sessionAnswer } from './session-answer.ts';

/** The playback API: what players ask before they ask for media. */
export const createPlayback = (dependencies: PlaybackDependencies): HttpHandler =>
  createHttpHandler(playbackRoutes(playbackContext(dependencies)), dependencies.log);

export const playbackRoutes = (context: PlaybackContext): readonly Route[] => [
  { method: 'GET', path: '/health', answer: () => healthAnswer(context) },
  { method: 'GET', path: '/v1/titles', isPublic: true, answer: () => titlesAnswer(context) },
  {
    method: 'GET',
    path: '/v1/playback/{titleId}',
    isPublic: true,
    answer: (request) => sessionAnswer(context, request),
  },
  {
    method: 'GET',
    path: '/v1/playback/{titleId}/manifest.mpd',
    isPublic: true,
    answer: (request) => mpdAnswer(context, request),
  },
  {
    method: 'GET',
    path: '/v1/playback/{titleId}/main.m3u8',
    isPublic: true,
    answer: (request) => playlistAnswer(context, request),
  },
  { method: 'GET', path: '/v1/explain', answer: (request) => explainAnswer(context, request) },
];

/** In service when a session could be opened: the keys are there and the fleet can be read. */
async function healthAnswer(context: PlaybackContext): Promise<HttpAnswer> {
  try {
    await Promise.all([context.sessionKeys(), context.directory()]);
    return jsonAnswer(200, { state: 'in-service', reasons: [] });
  } catch {
    const told = problem('out-of-service', 'the signing keys or the fleet cannot be read');
    return problemAnswer(told, { 'Retry-After': '5' });
  }
}

async function titlesAnswer(context: PlaybackContext): Promise<HttpAnswer> {
  const records = await context.titles();
  const titles = records.map(({ titleId, name, durationSeconds, credit }) => ({
    titleId,
    name,
    durationSeconds,
    ...(credit === undefined ? {} : { credit }),
  }));
  return jsonAnswer(200, { titles } satisfies TitleList);
}
