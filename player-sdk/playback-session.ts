import { CdnError, isErrorCode } from '#domain/errors.ts';
import type { TitleId } from '#domain/ids.ts';
import {
  type Decoder,
  decodeJson,
  describeFaults,
  object,
  optional,
  text,
} from '#protocol/decode.ts';
import { type PlaybackSession, playbackSession } from '#protocol/playback.ts';

/** The part of `fetch` that we need; tests and the simulator put their own in its place. */
export type HttpGet = (
  url: string,
  options: { readonly headers: Record<string, string>; readonly signal?: AbortSignal },
) => Promise<Pick<Response, 'ok' | 'status' | 'text'>>;

export interface SessionRequest {
  /** Base URL of the playback API, e.g. `https://play.example.com`. */
  readonly playUrl: string;
  readonly titleId: TitleId | string;
  /** The viewer's JWT, where the streaming service demands one. */
  readonly entitlement?: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks the playback API for a session.
 * @throws CdnError with the code of the API's problem document; `upstream-unreachable` when there was no answer;
 *   `upstream-invalid` when the answer is not a session.
 */
export async function fetchPlaybackSession(
  request: SessionRequest,
  httpGet: HttpGet,
): Promise<PlaybackSession> {
  const url = `${request.playUrl.replace(/\/$/, '')}/v1/playback/${encodeURIComponent(request.titleId)}`;
  const { body, ok, status } = await answerOf(url, request, httpGet);
  if (!ok) throw refusal(status, body);
  const decoded = decodeJson(playbackSession, body);
  if (decoded.ok) return decoded.value;
  throw new CdnError(
    'upstream-invalid',
    `the playback API's answer is no session: ${describeFaults(decoded.faults)}`,
  );
}

async function answerOf(url: string, request: SessionRequest, httpGet: HttpGet) {
  const { entitlement, signal } = request;
  const headers = entitlement === undefined ? {} : { authorization: `Bearer ${entitlement}` };
  try {
    const response = await httpGet(url, { headers, ...(signal && { signal }) });
    return { body: await response.text(), ok: response.ok, status: response.status };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CdnError('upstream-unreachable', 'the playback API did not answer', { cause });
  }
}

const problemFields: Decoder<{ code: string; detail?: string }> = object({
  code: text({ lengthMax: 64 }),
  detail: optional(text()),
});

function refusal(status: number, body: string): CdnError {
  const decoded = decodeJson(problemFields, body);
  const code = decoded.ok && isErrorCode(decoded.value.code) ? decoded.value.code : undefined;
  const detail = decoded.ok ? decoded.value.detail : undefined;
  return new CdnError(
    code ?? 'upstream-invalid',
    detail ?? `the playback API refused the session with status ${status}`,
    { details: { status } },
  );
}
