import { CdnError } from '#domain/errors.ts';

/** What goes to the client. */
export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

interface StructuredResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** The largest result that Lambda hands over. Source: Lambda quotas, "Invocation payload, synchronous". */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

/**
 * Reads a handler's result: with a `statusCode` it is the response, without one it is the JSON body of a 200.
 * Source: API Gateway Developer Guide, "Lambda function response for format 2.0".
 */
export function functionResponse(result: unknown): GatewayResponse {
  const response = isStructured(result) ? structured(result) : implied(result);
  if (response.body.length > PAYLOAD_BYTES_MAX)
    throw new CdnError(
      'internal',
      `the function answered ${response.body.length} bytes, Lambda allows ${PAYLOAD_BYTES_MAX}`,
    );
  return response;
}

const isStructured = (result: unknown): result is StructuredResult =>
  typeof result === 'object' && result !== null && 'statusCode' in result;

function structured(result: StructuredResult): GatewayResponse {
  const headers = Object.entries(result.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return {
    status: result.statusCode,
    headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
    cookies: result.cookies ?? [],
    body: Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

const implied = (result: unknown): GatewayResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  cookies: [],
  body: Buffer.from(typeof result === 'string' ? result : JSON.stringify(result)),
});
