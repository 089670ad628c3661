import { problem, problemOf } from '#protocol/problem.ts';
import {
  type HttpAnswer,
  type HttpApiEvent,
  type HttpApiResult,
  type HttpRequest,
  problemAnswer,
  requestFrom,
  resultOf,
} from './http.ts';
import { faultOf, type Log } from './log.ts';

/** One operation of an API. Public ones are for players on any page, so they speak CORS. */
export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** e.g. `/v1/ocas/{ocaId}`: a parameter stands for one segment. */
  readonly path: string;
  readonly isPublic?: boolean;
  readonly answer: (request: HttpRequest) => Promise<HttpAnswer>;
}

export type HttpHandler = (event: HttpApiEvent) => Promise<HttpApiResult>;

/** Source of the fields: Fetch standard, section 3.2; Resource Timing, section 4.5. */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After, ETag',
  'Timing-Allow-Origin': '*',
} as const;
const PREFLIGHT = {
  ...CORS,
  'Access-Control-Allow-Methods': 'GET',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Max-Age': '86400',
} as const;

/** A Lambda handler over `routes`. Whatever an operation throws becomes a problem document; only ours say more than "internal". */
export function createHttpHandler(routes: readonly Route[], log: Log): HttpHandler {
  const matchers = routes.map((route) => ({ route, segments: route.path.split('/') }));
  return async (event) => {
    const request = requestFrom(event);
    const segments = request.path.split('/');
    const matches = matchers.flatMap(({ route, segments: template }) => {
      const parameters = matchPath(template, segments);
      return parameters ? [{ route, parameters }] : [];
    });
    const match = matches.find(({ route }) => route.method === request.method);
    const isPublic = matches.some(({ route }) => route.isPublic);
    const answer = match
      ? await answerOf(match.route, { ...request, parameters: match.parameters }, log)
      : answerWithoutRoute(
          request,
          matches.map(({ route }) => route),
          isPublic,
        );
    const headers = isPublic ? { ...CORS, ...answer.headers } : answer.headers;
    return resultOf({ ...answer, headers });
  };
}

async function answerOf(route: Route, request: HttpRequest, log: Log): Promise<HttpAnswer> {
  try {
    return await route.answer(request);
  } catch (thrown) {
    const told = problemOf(thrown);
    if (told.status >= 500) {
      log('error', 'request.failed', {
        route: `${route.method} ${route.path}`,
        ...faultOf(thrown),
      });
    }
    const challenge: Record<string, string> =
      told.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
    return problemAnswer(told, challenge);
  }
}

function answerWithoutRoute(
  request: HttpRequest,
  candidates: readonly Route[],
  isPublic: boolean,
): HttpAnswer {
  if (candidates.length === 0) return problemAnswer(problem('not-found'));
  if (isPublic && request.method === 'OPTIONS')
    return { status: 204, headers: PREFLIGHT, body: '' };
  const allow = [...new Set(candidates.map((route) => route.method))].join(', ');
  return problemAnswer(problem('method-not-allowed', `use ${allow}`), { Allow: allow });
}

function matchPath(
  template: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (template.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== segment : segment === '') return undefined;
    if (name !== undefined) parameters[name] = segment;
  }
  return parameters;
}
