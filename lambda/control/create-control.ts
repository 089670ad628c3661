import type { KeySet } from '#protocol/key-set.ts';
import { callerOf, requireOperator } from '../shared/caller.ts';
import { type FillPlanRequest, fillPlanRequest } from '../shared/events.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import { createHttpHandler, type HttpHandler, type Route } from '../shared/http-handler.ts';
import { publishedKeys } from '../shared/secrets.ts';
import { type ControlContext, type ControlDependencies, controlContext } from './context.ts';
import { allowAnswer, deniedAnswer, denyAnswer } from './denied-certificate-answers.ts';
import { planAnswer } from './fill/plan-answer.ts';
import { plannedAssetsReader } from './fill/planned-assets.ts';
import { sourcesAnswer } from './fill/sources-answer.ts';
import { drainAnswer, fleetAnswer } from './fleet-answers.ts';
import { purgeAnswer, purgeStatusAnswer, purgesAnswer } from './purge-answers.ts';
import { registrationAnswer } from './registration-answer.ts';
import { inventoryAnswer, reportAnswer } from './report-answers.ts';
import { revokeAnswer, revokedAnswer, unrevokeAnswer } from './revoked-session-answers.ts';
import { declareSiteAnswer, siteAnswer, sitesAnswer } from './site-answers.ts';
import { titleAnswer, withdrawAnswer } from './title-answers.ts';
import { upstreamToken } from './upstream-token.ts';

type Operation = (context: ControlContext, request: HttpRequest) => Promise<HttpAnswer>;

const PLANS_BYTES_MAX = 1024;

/** The control API: what appliances and operators ask. */
export const createControl = (dependencies: ControlDependencies): HttpHandler =>
  createHttpHandler(controlRoutes(controlContext(dependencies)), dependencies.log);

export function controlRoutes(context: ControlContext): readonly Route[] {
  const sources = sourcesAnswer(plannedAssetsReader(context.plans));
  const operations: readonly [Route['method'], string, Operation][] = [
    ['GET', '/v1/ocas', fleetAnswer],
    ['PUT', '/v1/ocas/{ocaId}', registrationAnswer],
    ['POST', '/v1/ocas/{ocaId}/reports', reportAnswer],
    ['PUT', '/v1/ocas/{ocaId}/inventory', inventoryAnswer],
    ['GET', '/v1/ocas/{ocaId}/plan', planAnswer],
    ['POST', '/v1/ocas/{ocaId}/sources', sources],
    ['POST', '/v1/ocas/{ocaId}/drain', drainAnswer],
    ['GET', '/v1/keys', keysAnswer],
    ['GET', '/v1/sites', sitesAnswer],
    ['GET', '/v1/sites/{siteId}', siteAnswer],
    ['PUT', '/v1/sites/{siteId}', declareSiteAnswer],
    ['GET', '/v1/titles/{titleId}', titleAnswer],
    ['DELETE', '/v1/titles/{titleId}', withdrawAnswer],
    ['POST', '/v1/plans', plansAnswer],
    ['GET', '/v1/denied-certificates', deniedAnswer],
    ['PUT', '/v1/denied-certificates/{serial}', denyAnswer],
    ['DELETE', '/v1/denied-certificates/{serial}', allowAnswer],
    ['GET', '/v1/revoked-sessions', revokedAnswer],
    ['PUT', '/v1/revoked-sessions/{sessionId}', revokeAnswer],
    ['DELETE', '/v1/revoked-sessions/{sessionId}', unrevokeAnswer],
    ['POST', '/v1/purges', purgeAnswer],
    ['GET', '/v1/purges', purgesAnswer],
    ['GET', '/v1/purges/{purgeId}', purgeStatusAnswer],
  ];
  return operations.map(([method, path, operation]) => ({
    method,
    path,
    answer: (request) => operation(context, request),
  }));
}

/**
 * `GET /v1/keys`: public keys, for appliances that verify sessions and plans. With `introducedAfter`, an instant, only the
 * introductions of plan keys that are later: an appliance asks every minute, and knows most of them.
 */
async function keysAnswer(context: ControlContext, request: HttpRequest): Promise<HttpAnswer> {
  const { identity } = callerOf(request);
  const introducedAfter = Number(request.query.get('introducedAfter') ?? 0);
  const [sessionKeys, planKeys] = await Promise.all([context.sessionKeys(), context.planKeys()]);
  const keySet: KeySet = {
    keys: [...publishedKeys(sessionKeys, 'session-token'), ...publishedKeys(planKeys, 'fill-plan')],
    planKeyIntroductions: planKeys.introductions
      .filter(({ issuedAt }) => issuedAt > introducedAfter)
      .map(({ envelope }) => envelope),
    ...(identity.role === 'oca' &&
      context.settings.isTokenBound && {
        upstreamToken: await upstreamToken(context, identity.ocaId),
      }),
  };
  return jsonAnswer(200, keySet);
}

/** `POST /v1/plans`: has new plans made, soon. */
async function plansAnswer(context: ControlContext, request: HttpRequest): Promise<HttpAnswer> {
  requireOperator(request);
  const asked: FillPlanRequest = decodeBody(request, fillPlanRequest, PLANS_BYTES_MAX);
  await context.sendEvent('Fill Plan Requested', asked);
  return jsonAnswer(202, asked);
}
