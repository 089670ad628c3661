import { parseDeliveryPath } from '#domain/delivery/path-grammar.ts';
import type { TitleId } from '#domain/ids.ts';
import {
  type Bytes,
  bytes,
  type EpochMs,
  epochMs,
  type Milliseconds,
  milliseconds,
} from '#domain/units.ts';

/** One hit, as nginx notes it. */
export interface Hit {
  readonly endedAt: EpochMs;
  readonly requestId: string;
  readonly address: string;
  readonly method: string;
  readonly status: number;
  readonly sentBytes: Bytes;
  readonly took: Milliseconds;
  readonly isWhole: boolean;
  readonly range: string | undefined;
  /** With token and query. */
  readonly target: string;
  readonly token: string;
  readonly titleId: TitleId;
  readonly file: string;
  /** The four fields of CMCD, joined. */
  readonly cmcdFields: string;
}

const FIELDS = [
  '$msec',
  '$request_id',
  '$remote_addr',
  '$request_method',
  '$status',
  '$body_bytes_sent',
  '$request_time',
  '$request_completion',
  '$http_range',
  '$request_uri',
  '$http_cmcd_object',
  '$http_cmcd_request',
  '$http_cmcd_session',
  '$http_cmcd_status',
];

/** Fields between tabs: a line is read in less time than JSON. What could be taken for a tab or a newline, nginx escapes. */
export const HIT_LOG_FORMAT = `    log_format hits escape=default '${FIELDS.join('\\t')}';`;

/** The status of a request that nginx refused itself, before it could ask the agent. */
export function refusedStatus(line: string): number | undefined {
  const fields = line.split('\t');
  const status = Number(fields[4]);
  return fields.length === FIELDS.length && status >= 400 ? status : undefined;
}

/** Undefined for a line that is not one of ours, or was cut off. */
export function parseHit(line: string): Hit | undefined {
  const fields = line.split('\t');
  const [msec, requestId = '', address = '', method = '', status, sent, took, completion] = fields;
  const [range, target = '', ...cmcd] = fields.slice(8);
  const path = parseDeliveryPath(target);
  if (fields.length !== FIELDS.length || path?.kind !== 'content') return undefined;
  return {
    endedAt: epochMs(Math.round(Number(msec) * 1000)),
    requestId,
    address,
    method,
    status: Number(status),
    sentBytes: bytes(Number(sent)),
    took: milliseconds(Math.round(Number(took) * 1000)),
    isWhole: completion === 'OK',
    range: range === '-' ? undefined : range,
    target,
    token: path.token,
    titleId: path.titleId,
    file: path.file,
    cmcdFields: cmcd.filter((text) => text !== '-').join(','),
  };
}
