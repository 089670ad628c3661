import { parseCacheStatus } from '#domain/delivery/cache-status.ts';
import { contentPathOf } from '#domain/delivery/path-grammar.ts';
import { errorCodeOf } from '#domain/errors.ts';
import { seconds } from '#domain/units.ts';
import type { FillPlanItem } from '#protocol/fill-plan.ts';
import type { FillSource } from '#protocol/fill-sources.ts';
import { isDiskTrouble } from '../disks/disk-trouble.ts';
import { failureFacts, type Log } from '../log.ts';
import type { ClientResponse, HttpClient } from '../platform/http-client.ts';
import type { AssetWriter } from '../store/asset-writer.ts';
import type { Pacer } from './pacer.ts';
import type { SourceLedger } from './source-ledger.ts';

/**
 * How one request to one source ended. `restart`: the source would not go on from where we are. `not-yet`: it does not
 * hold the asset, and is expected to soon.
 */
export type Reception =
  | 'complete'
  | 'interrupted'
  | 'refused'
  | 'not-yet'
  | 'restart'
  | 'disk-trouble';

export interface ReceiveOptions {
  readonly httpClient: HttpClient;
  readonly log: Log;
  readonly pacer: Pacer;
  readonly ledger: SourceLedger;
  readonly signal: AbortSignal;
}

const SOURCE_SILENCE_MAX = seconds(15);
/** The answer to `only-if-cached` when nothing is stored. Source: RFC 9111 §5.2.1.7. */
const NOT_STORED = 504;

/** Asks a source for what `writer` lacks and appends what comes. Never rejects. */
export async function receive(
  writer: AssetWriter,
  item: FillPlanItem,
  from: { readonly source: FillSource; readonly token: string },
  options: ReceiveOptions,
): Promise<Reception> {
  const { source, token } = from;
  const { ledger, pacer, signal } = options;
  let response: ClientResponse | undefined;
  try {
    response = await options.httpClient.send({
      method: 'GET',
      url: `${source.baseUrl}/~${token}${contentPathOf(item.titleId, item.file)}`,
      headers: requestHeaders(writer, item, source),
      silenceMax: SOURCE_SILENCE_MAX,
      signal,
    });
    const verdict = judge(response, writer, source);
    if (verdict !== 'good') {
      response.discard();
      return verdict;
    }
    for await (const chunk of response.body) {
      await pacer.take(chunk.length, signal);
      await writer.append(chunk);
      ledger.countFetched(source.sourceId, chunk.length);
    }
    return writer.isComplete ? 'complete' : 'interrupted';
  } catch (error) {
    response?.discard();
    const { code, message } = failureFacts(error);
    options.log('fill.source.failed', {
      sourceId: source.sourceId,
      file: item.file,
      code,
      message,
    });
    return isDiskTrouble(error)
      ? 'disk-trouble'
      : errorCodeOf(error) === 'upstream-invalid'
        ? 'refused'
        : 'interrupted';
  }
}

/** Another OCA is asked for what it holds itself: one that would only relay is no better than the layer behind it. */
function requestHeaders(
  writer: AssetWriter,
  item: FillPlanItem,
  source: FillSource,
): Record<string, string> {
  const offset = writer.receivedBytes;
  return {
    ...(source.kind === 'cloudfront' ? {} : { 'cache-control': 'only-if-cached' }),
    ...(offset > 0 ? { range: `bytes=${offset}-`, 'if-range': item.etag } : {}),
  };
}

function judge(
  { status, headers }: ClientResponse,
  writer: AssetWriter,
  source: FillSource,
): 'good' | 'refused' | 'not-yet' | 'restart' {
  const { receivedBytes: offset, sizeBytes } = writer;
  const last = parseCacheStatus(headers['cache-status'] ?? '').at(-1);
  const isRelayed = source.kind !== 'cloudfront' && last !== undefined && last.outcome !== 'hit';
  if (status === NOT_STORED && source.waitSeconds !== undefined) return 'not-yet';
  if (isRelayed || (status !== 200 && status !== 206)) return 'refused';
  if (status === 200 && offset > 0) return 'restart';
  const expectedRange = `bytes ${offset}-${sizeBytes - 1}/${sizeBytes}`;
  if (status === 206) return headers['content-range'] === expectedRange ? 'good' : 'refused';
  const length = headers['content-length'];
  return length === undefined || length === String(sizeBytes) ? 'good' : 'refused';
}
