import { parseCacheStatus } from '#domain/delivery/cache-status.ts';
import type { OcaId, TitleId } from '#domain/ids.ts';
import type { Bytes, EpochMs, Milliseconds } from '#domain/units.ts';

/** One request, as a line of the delivery log tells of it. Never a token, and of queries CMCD alone. */
export interface DeliveryRecord {
  /** When it came. */
  readonly at: EpochMs;
  /** 32 hex digits, as in the answer's `X-Request-Id`. */
  readonly requestId: string;
  readonly ocaId: OcaId;
  /** Of a genuine token: `/v1/explain` and the playback log know why it was sent here. */
  readonly sessionId?: string | undefined;
  readonly titleId?: TitleId | undefined;
  readonly file?: string | undefined;
  readonly method: string;
  readonly range?: string | undefined;
  /** 0: the client left before it was answered. */
  readonly status: number;
  readonly outcome: 'hit' | 'miss' | 'stale' | 'bypass';
  /** The tier of a hit, or the code of a refusal. */
  readonly detail?: string | undefined;
  readonly sentBytes: Bytes;
  /** False: the connection was cut, or the client left. */
  readonly isWhole: boolean;
  readonly took: Milliseconds;
  /** The client's network: /24 or /48. Source of the lengths: RFC 7871, section 11.1. */
  readonly network: string;
  readonly cmcd?: string | undefined;
}

const CMCD_LENGTH_MAX = 1024;
const TEXT_LENGTH_MAX = 256;

/** One line, with its newline. Units stand in the keys. */
export function formatRecord({ at, took, range, cmcd, ...facts }: DeliveryRecord): string {
  const line = {
    at: new Date(at).toISOString(),
    ...facts,
    range: range?.slice(0, TEXT_LENGTH_MAX),
    tookMs: took,
    cmcd: cmcd?.slice(0, CMCD_LENGTH_MAX),
  };
  return `${JSON.stringify(line)}\n`;
}

/** What this OCA, the last to speak, says in a `Cache-Status` field. */
export function outcomeOf(
  cacheStatus: string | undefined,
): Pick<DeliveryRecord, 'outcome' | 'detail'> {
  const own = parseCacheStatus(cacheStatus ?? '').at(-1);
  return { outcome: own?.outcome ?? 'bypass', detail: own?.detail };
}

/** Keeps of an address what tells the network, and not the household. */
export function networkOf(address: string): string {
  const ipv4 = /(?:^|:)(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address)?.[1];
  if (ipv4 !== undefined) return `${ipv4}.0/24`;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const missing = 8 - groups.length - (tail ? tail.split(':').length : 0);
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, missing)).fill('0');
  const whole = [...groups, ...zeros, ...(tail ? tail.split(':') : [])];
  return whole.length < 3 ? '' : `${whole.slice(0, 3).join(':')}::/48`;
}

/** The CMCD of a request: of the query, as players send it unless told otherwise, else of the four fields. */
export function cmcdOf(
  target: string,
  headers: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const query = target.split('?', 2)[1];
  const asked = query === undefined ? null : new URLSearchParams(query).get('CMCD');
  if (asked !== null) return asked;
  const fields = CMCD_FIELDS.flatMap((name) => headers[name] ?? []);
  return fields.length === 0 ? undefined : fields.join(',');
}

/** Source: CTA-5004, section 3.1. */
const CMCD_FIELDS = ['cmcd-object', 'cmcd-request', 'cmcd-session', 'cmcd-status'] as const;
