import { type ErrorCode, errorKind, isErrorCode } from '#domain/errors.ts';
import { decodeJson, object, text } from '#protocol/decode.ts';
import { type ClientResponse, readBody } from '../platform/http-client.ts';
import type { Refusal } from './delivery-headers.ts';

const PROBLEM_BYTES_MAX = 64 * 1024;
const problemCode = object({ code: text({ lengthMax: 64 }) });

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'token-signature',
  403: 'forbidden',
  404: 'asset-not-found',
  504: 'upstream-timeout',
};

/** What to tell a client when the upstream refused: its own refusal where it is one, else that the upstream failed. */
export async function upstreamRefusal(response: ClientResponse): Promise<Refusal> {
  const fallback = codeOfStatus[response.status];
  const headers = cacheStatusOf(response);
  if (fallback === undefined) {
    response.discard();
    return { code: 'upstream-invalid', detail: `upstream answered ${response.status}`, headers };
  }
  const body = await readBody(response, PROBLEM_BYTES_MAX).catch(() => '');
  const decoded = decodeJson(problemCode, body);
  const code = decoded.ok ? decoded.value.code : '';
  const isSame = isErrorCode(code) && errorKind(code).status === response.status;
  return { code: isSame ? code : fallback, headers };
}

function cacheStatusOf({ headers }: ClientResponse): Record<string, string> {
  const upstream = headers['cache-status'];
  return upstream === undefined ? {} : { 'Cache-Status': upstream };
}
