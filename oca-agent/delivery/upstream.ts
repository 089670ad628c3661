import { assetEtag } from '#domain/delivery/asset-etag.ts';
import { type ErrorCode, errorKind, isErrorCode } from '#domain/errors.ts';
import { type AssetId, isAssetId } from '#domain/ids.ts';
import { seconds } from '#domain/units.ts';
import { decodeJson, object, text } from '#protocol/decode.ts';
import { SHA256_METADATA } from '#protocol/title-catalog.ts';
import { type ClientResponse, readBody } from '../platform/http-client.ts';
import type { Refusal } from './delivery-headers.ts';

/** An upstream that is silent for so long has failed; players give up a little later. Assumption. */
export const UPSTREAM_SILENCE_MAX = seconds(10);
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

/** What `publish` noted with the file. */
export function saidAssetId({ headers }: ClientResponse): AssetId | undefined {
  const said = headers[`x-amz-meta-${SHA256_METADATA}`];
  return said !== undefined && isAssetId(said) ? said : undefined;
}

/** The tag that OCAs give what came; undefined where the upstream did not tell what it follows from. */
export function ownEtagOf(response: ClientResponse): string | undefined {
  const { 'content-length': length, 'content-range': range } = response.headers;
  const assetId = saidAssetId(response);
  const total = response.status === 206 ? range?.split('/')[1] : length;
  const isWhole = response.status === 200 || response.status === 206;
  if (!assetId || !isWhole || !/^\d{1,15}$/.test(total ?? '')) return undefined;
  return assetEtag(assetId, Number(total));
}

function cacheStatusOf({ headers }: ClientResponse): Record<string, string> {
  const upstream = headers['cache-status'];
  return upstream === undefined ? {} : { 'Cache-Status': upstream };
}
