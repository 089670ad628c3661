import type { OcaId } from '#domain/ids.ts';
import type { Condition } from '../condition.ts';
import type { Reply } from '../platform/http-server.ts';
import { OPEN_HEADERS } from './delivery-headers.ts';

/** The control plane judges again this soon. Source: `health.reportIntervalSeconds` in config/example.yaml. */
const RETRY_AFTER_SECONDS = 5;

/** 200 while sessions are welcome, 503 otherwise; state and reasons in the body. */
export function answerHealth(
  reply: Reply,
  options: { readonly ocaId: OcaId; readonly condition: () => Condition },
): void {
  const { state, reasons, shedding } = options.condition();
  const isWelcome = state === 'in-service' && shedding === undefined;
  const text = JSON.stringify({ ocaId: options.ocaId, state, reasons });
  reply.start(isWelcome ? 200 : 503, {
    ...OPEN_HEADERS,
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(text)),
    ...(isWelcome ? {} : { 'Retry-After': String(RETRY_AFTER_SECONDS) }),
  });
  reply.end(text);
}
