import { CdnError } from '#domain/errors.ts';
import { isTitleId, type TitleId } from '#domain/ids.ts';
import { requireOperator } from '../shared/caller.ts';
import { type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import type { ControlContext } from './context.ts';

/** `GET /v1/titles/{titleId}`: the title as the control plane has it, without its file list. */
export async function titleAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  const titleId = titleIdOf(request);
  const record = (await context.titles.records([titleId])).get(titleId);
  return record ? jsonAnswer(200, record) : refuse();
}

/** `DELETE /v1/titles/{titleId}`: withdraws it: no new session, and new plans without it. */
export async function withdrawAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  const wasPublished = await context.titles.withdraw(titleIdOf(request), context.clock.now());
  if (!wasPublished) refuse();
  await context.sendEvent('Fill Plan Requested', { window: 'now' });
  return { status: 204, headers: { 'Cache-Control': 'no-store' }, body: '' };
}

function titleIdOf(request: HttpRequest): TitleId {
  const { titleId = '' } = request.parameters;
  return isTitleId(titleId) ? titleId : refuse();
}

function refuse(): never {
  throw new CdnError('title-not-found', 'no such title is published');
}
