import type { IncomingHttpHeaders } from 'node:http';
import type { CorsConfiguration } from '../cloud-assembly/http-routes.ts';

type Fields = Record<string, string>;

/** The fields that an HTTP API adds to every response for an origin that it allows. */
export function corsFields(cors: CorsConfiguration, headers: IncomingHttpHeaders): Fields {
  const allowOrigin = allowedOrigin(cors, headers.origin);
  if (allowOrigin === undefined) return {};
  return {
    'access-control-allow-origin': allowOrigin,
    ...field('access-control-expose-headers', cors.ExposeHeaders),
    ...(cors.AllowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(allowOrigin === '*' ? {} : { vary: 'origin' }),
  };
}

/** The answer to a preflight request. Source: Fetch standard §3.2.3; API Gateway, "Configure CORS for HTTP APIs". */
export function preflightFields(cors: CorsConfiguration, headers: IncomingHttpHeaders): Fields {
  const fields = corsFields(cors, headers);
  if (Object.keys(fields).length === 0) return {};
  return {
    ...fields,
    ...field('access-control-allow-methods', cors.AllowMethods),
    ...field('access-control-allow-headers', cors.AllowHeaders),
    ...(cors.MaxAge === undefined ? {} : { 'access-control-max-age': String(cors.MaxAge) }),
  };
}

function allowedOrigin(cors: CorsConfiguration, origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined;
  if (cors.AllowOrigins?.includes('*')) return '*';
  return cors.AllowOrigins?.includes(origin) ? origin : undefined;
}

const field = (name: string, values: readonly string[] | undefined): Fields =>
  values === undefined ? {} : { [name]: values.join(',') };
