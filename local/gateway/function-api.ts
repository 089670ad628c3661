import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CdnError } from '#domain/errors.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from '#protocol/problem.ts';
import type { CorsConfiguration, HttpRoute } from '../cloud-assembly/http-routes.ts';
import type { Log } from '../ground/log-folder.ts';
import type { FunctionReference } from '../lambda-host/function-host.ts';
import type { ReadCredentials } from './callers.ts';
import { corsFields, preflightFields } from './cors.ts';
import { functionResponse, type GatewayResponse, PAYLOAD_BYTES_MAX } from './function-response.ts';
import { authorizerEvent, type HttpApiEvent, requestEvent, splitTarget } from './request-event.ts';
import { type RouteMatch, RouteTable } from './route-table.ts';

export interface FunctionApiOptions {
  readonly routes: readonly HttpRoute[];
  readonly invoke: (target: FunctionReference, event: unknown) => Promise<unknown>;
  readonly credentials: ReadCredentials;
  readonly log: Log;
}

/** The HTTP APIs of the templates: API Gateway's part between a request and the function behind its route. */
export class FunctionApi {
  readonly #options: FunctionApiOptions;
  readonly #table: RouteTable;

  constructor(options: FunctionApiOptions) {
    this.#options = options;
    this.#table = new RouteTable(options.routes);
  }

  hasPath(path: string): boolean {
    return this.#table.hasPath(path);
  }

  /** Answers a request whose path {@link hasPath}. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { rawPath } = splitTarget(request.url ?? '/');
    const { method = 'GET', headers } = request;
    const asked = headers['access-control-request-method'];
    const askedRoute = asked === undefined ? undefined : this.#table.match(asked, rawPath)?.route;
    if (method === 'OPTIONS' && askedRoute?.cors) {
      response.writeHead(204, preflightFields(askedRoute.cors, headers)).end();
      return;
    }
    const match = this.#table.match(method, rawPath);
    const answer = await this.#outcome(request, match);
    response.writeHead(answer.status, {
      ...withCors(answer.headers, match?.route.cors, headers),
      ...(answer.cookies.length === 0 ? {} : { 'set-cookie': [...answer.cookies] }),
      // Source: RFC 9110 §8.6.
      ...(answer.status === 204 ? {} : { 'content-length': answer.body.length }),
    });
    response.end(answer.body);
  }

  async #outcome(
    request: IncomingMessage,
    match: RouteMatch | undefined,
  ): Promise<GatewayResponse> {
    try {
      if (!match)
        throw new CdnError('method-not-allowed', `${request.method} is not routed at this path`);
      const body = await readBody(request);
      const credentials = this.#options.credentials(request, match.route);
      const event = requestEvent(request, match, { body, credentials });
      const answer = this.#authorize(match.route, event).then((authorized) =>
        this.#options.invoke(match.route, authorized),
      );
      return functionResponse(await within(match.route.timeoutMs, answer));
    } catch (thrown) {
      return this.#problem(request, thrown);
    }
  }

  /**
   * The event with what the route's authorizer, if it has one, says of the caller. @throws CdnError `forbidden`.
   * Source: API Gateway Developer Guide, "Lambda authorizers for HTTP APIs", simple responses.
   */
  async #authorize(route: HttpRoute, event: HttpApiEvent): Promise<HttpApiEvent> {
    const { stack, authorizerId } = route;
    if (authorizerId === undefined) return event;
    const asked = authorizerEvent(event);
    const verdict = (await this.#options.invoke({ stack, functionId: authorizerId }, asked)) as {
      isAuthorized?: unknown;
      context?: unknown;
    } | null;
    if (verdict?.isAuthorized !== true)
      throw new CdnError('forbidden', 'no client certificate that is accepted here');
    const authorizer = { lambda: verdict.context ?? {} };
    return { ...event, requestContext: { ...event.requestContext, authorizer } };
  }

  #problem(request: IncomingMessage, thrown: unknown): GatewayResponse {
    const body = problemOf(thrown);
    const { rawPath } = splitTarget(request.url ?? '/');
    this.#options.log('gateway.problem', {
      method: request.method,
      path: rawPath,
      code: body.code,
      error: String(thrown),
    });
    return {
      status: body.status,
      headers: { 'content-type': PROBLEM_CONTENT_TYPE },
      cookies: [],
      body: Buffer.from(JSON.stringify(body)),
    };
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > PAYLOAD_BYTES_MAX)
      throw new CdnError('message-too-large', `a body may have ${PAYLOAD_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: settled.signal, ref: false }).then(() => {
    throw new CdnError('upstream-timeout', `the function did not answer within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    settled.abort();
    timeout.catch(() => undefined);
  }
}

/** An API that has a CORS configuration puts it in the place of what the function says; one that has none adds nothing. */
function withCors(
  headers: Readonly<Record<string, string>>,
  cors: CorsConfiguration | undefined,
  requested: IncomingMessage['headers'],
): Record<string, string> {
  if (!cors) return { ...headers };
  const others = Object.entries(headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...Object.fromEntries(others), ...corsFields(cors, requested) };
}
