import { CdnError } from '#domain/errors.ts';
import { isTitleId } from '#domain/ids.ts';
import type { SteeringExplanation } from '#protocol/playback.ts';
import { requireOperatorSecret } from '../shared/credentials.ts';
import { type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import type { PlaybackContext } from './context.ts';
import { rankForClient, requireAddress } from './pathways.ts';

/**
 * `GET /v1/explain?ip=…&title=…`: how a client would be steered now, with the reason for every OCA. Of several distributions
 * all are named; a session gets two of them, by its id.
 */
export async function explainAnswer(
  context: PlaybackContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperatorSecret(request, await context.operators());
  const clientAddress = requireAddress(request.query.get('ip'));
  const titleId = request.query.get('title');
  const title = titleId && isTitleId(titleId) ? await context.title(titleId) : undefined;
  if (titleId !== null && !title)
    throw new CdnError('title-not-found', 'no such title is published');
  const ranking = await rankForClient(context, {
    clientAddress,
    ...(title && { title }),
    ocaPathwaysMax: context.settings.ocaPathwaysMax,
    distributions: [...context.settings.cloudFrontUrls.keys()],
    isExhaustive: true,
  });
  const explanation: SteeringExplanation = {
    clientAddress,
    ...(title && { titleId: title.titleId }),
    ...(ranking.matchedPrefix !== undefined && { matchedPrefix: ranking.matchedPrefix }),
    candidates: ranking.candidates,
    pathwayPriority: ranking.pathways,
  };
  return jsonAnswer(200, explanation);
}
