import { type CacheDirectives, parseCacheControl } from '#domain/http-cache/cache-control.ts';
import {
  endToEnd,
  type FieldLines,
  fieldLines,
  fieldValue,
} from '#domain/http-cache/field-lines.ts';
import type { ReceivedResponse } from '#domain/http-cache/freshness.ts';
import { freshened } from '#domain/http-cache/validation.ts';
import { variantKey, varyNames } from '#domain/http-cache/vary.ts';
import type { EpochMs } from '#domain/units.ts';
import type { ClientResponse } from '../../platform/http-client.ts';
import type { ArrivingBody } from './arriving-body.ts';
import { targetedDirectives } from './targeted-directives.ts';

/** An upstream's answer with the times of its journey. */
export interface Exchange {
  readonly response: ClientResponse;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
}

/** What caches of our kind are told, and how old the answer is. Hop-by-hop fields are left out. */
export function receivedResponse({
  response,
  requestedAt,
  receivedAt,
}: Exchange): ReceivedResponse {
  const fields = endToEnd(fieldLines(response.rawHeaders));
  // Source: RFC 9110 §6.6.1: who stores or forwards a response without a date notes when it came.
  if (fieldValue(fields, 'date') === undefined)
    fields.push(['date', new Date(receivedAt).toUTCString()]);
  const { status } = response;
  return { status, fields, requestedAt, receivedAt, ...directivesOf(fields) };
}

/** Source: RFC 9213 §2.2. */
function directivesOf(fields: FieldLines): { directives: CacheDirectives; isTargeted: boolean } {
  const targeted = targetedDirectives(fieldValue(fields, 'cdn-cache-control'));
  const directives = targeted ?? parseCacheControl(fieldValue(fields, 'cache-control'));
  return { directives, isTargeted: targeted !== undefined };
}

/** Room for what is not the body: the header and our own notes of it. Assumption. */
const OVERHEAD_BYTES = 1024;

/** One variant of what is at a path. */
export class StoredResponse {
  readonly path: string;
  readonly body: ArrivingBody;
  readonly #varyNames: readonly string[];
  readonly #variantKey: string;
  #received: ReceivedResponse;
  #doubtedAt: EpochMs | undefined;

  constructor(path: string, request: FieldLines, received: ReceivedResponse, body: ArrivingBody) {
    const names = varyNames(received.fields);
    this.path = path;
    this.body = body;
    this.#received = received;
    this.#varyNames = names === '*' ? [] : names;
    this.#variantKey = variantKey(this.#varyNames, request);
  }

  get received(): ReceivedResponse {
    return this.#received;
  }
  get headerBytes(): number {
    const lengths = this.#received.fields.map(([name, value]) => name.length + value.length);
    return lengths.reduce((sum, length) => sum + length, OVERHEAD_BYTES);
  }

  /** It is asked about before it is used, whatever its age. */
  get isDoubted(): boolean {
    return this.#doubtedAt !== undefined;
  }
  doubt(at: EpochMs): void {
    this.#doubtedAt = at;
  }

  matches(request: FieldLines): boolean {
    return variantKey(this.#varyNames, request) === this.#variantKey;
  }
  replaces(other: StoredResponse): boolean {
    const isSameChoice = String(this.#varyNames) === String(other.#varyNames);
    return isSameChoice && this.#variantKey === other.#variantKey;
  }

  /** The upstream has confirmed it by a 304. */
  freshen({ fields: news, requestedAt, receivedAt }: ReceivedResponse): void {
    const fields = freshened(this.#received.fields, news);
    const { status } = this.#received;
    this.#received = { status, fields, requestedAt, receivedAt, ...directivesOf(fields) };
    if (requestedAt > (this.#doubtedAt ?? 0)) this.#doubtedAt = undefined;
  }
}

/** An answer that no plan and no hash vouches for, and its place in the cache if it may have one. */
export interface Taken {
  readonly exchange: Exchange;
  readonly received: ReceivedResponse;
  readonly stored: StoredResponse | undefined;
}
