import {
  type Decoder,
  decodeJson,
  describeFaults,
  object,
  optional,
  text,
} from '#protocol/decode.ts';

/** A call that did not work, in words that an operator can act on. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** 0 when nobody answered. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Longest wait for an answer. Source: assumption; the gateway answers on loopback within milliseconds. */
const TIMEOUT_MS = 8000;

/** @throws CallError; or the signal's reason when `signal` aborts. */
export async function getJson<T>(
  path: string,
  decoder: Decoder<T>,
  signal: AbortSignal,
): Promise<T> {
  const decoded = decodeJson(decoder, await call(path, { signal }));
  if (decoded.ok) return decoded.value;
  throw new CallError(`unexpected answer from ${path}: ${describeFaults(decoded.faults)}`, 200);
}

/** @throws CallError */
export async function postJson(path: string, body: object = {}): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await call(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function call(path: string, init: RequestInit): Promise<string> {
  const timeLimit = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeLimit]) : timeLimit;
  const response = await fetch(path, { ...init, signal, cache: 'no-store' }).catch(() => {
    init.signal?.throwIfAborted();
    throw new CallError('no answer', 0);
  });
  const body = await response.text();
  if (response.ok) return body;
  throw new CallError(problemText(body) ?? `status ${response.status}`, response.status);
}

const problemFields = object({ title: optional(text()), detail: optional(text()) });

function problemText(body: string): string | undefined {
  const decoded = decodeJson(problemFields, body);
  return decoded.ok ? (decoded.value.detail ?? decoded.value.title) : undefined;
}
