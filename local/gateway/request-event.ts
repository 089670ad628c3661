import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Credentials } from './callers.ts';
import type { ClientCert } from './client-certificate.ts';
import type { RouteMatch } from './route-table.ts';

/** An HTTP API's event in payload format 2.0, as far as one machine has something to put in it. */
export interface HttpApiEvent {
  readonly version: '2.0';
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly requestContext: {
    readonly domainName: string;
    readonly http: {
      readonly method: string;
      readonly path: string;
      readonly protocol: string;
      readonly sourceIp: string;
      readonly userAgent: string;
    };
    readonly authentication?: { readonly clientCert: ClientCert };
    readonly authorizer?: { readonly lambda: unknown };
    readonly requestId: string;
    readonly routeKey: string;
    readonly stage: '$default';
    readonly timeEpoch: number;
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

const TEXT_BODY =
  /^(?:text\/|application\/(?:json|xml|javascript|[^;]*\+json|[^;]*\+xml|x-www-form-urlencoded))/i;

/** Source: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0. */
export function requestEvent(
  request: IncomingMessage,
  match: RouteMatch,
  { body, credentials }: { readonly body: Buffer; readonly credentials: Credentials },
): HttpApiEvent {
  const { clientCert, authorization } = credentials;
  const { rawPath, rawQueryString } = splitTarget(request.url ?? '/');
  const { routeKey } = match.route;
  const { cookie, ...headers } = {
    ...(authorization === undefined ? {} : { authorization }),
    ...request.headers,
  };
  const query = queryParameters(rawQueryString);
  const isText = TEXT_BODY.test(headers['content-type'] ?? 'text/plain');
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: joined(headers),
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(Object.keys(match.pathParameters).length === 0
      ? {}
      : { pathParameters: match.pathParameters }),
    requestContext: {
      domainName: headers.host ?? '',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      ...(clientCert === undefined ? {} : { authentication: { clientCert } }),
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      timeEpoch: Date.now(),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** What an authorizer is asked: the request without its body. Source: as above, "Lambda authorizers", format 2.0. */
export function authorizerEvent({ body, isBase64Encoded, ...event }: HttpApiEvent) {
  return { ...event, type: 'REQUEST', identitySource: [] } as const;
}

export function splitTarget(target: string): { rawPath: string; rawQueryString: string } {
  const at = target.indexOf('?');
  return at < 0
    ? { rawPath: target, rawQueryString: '' }
    : { rawPath: target.slice(0, at), rawQueryString: target.slice(at + 1) };
}

function queryParameters(rawQueryString: string): Record<string, string> | undefined {
  const parameters = new URLSearchParams(rawQueryString);
  const names = [...new Set(parameters.keys())];
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, parameters.getAll(name).join(',')]));
}

function joined(headers: IncomingMessage['headers']): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  return Object.fromEntries(entries);
}
