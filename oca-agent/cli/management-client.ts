import { CdnError, isErrorCode } from '#domain/errors.ts';
import { milliseconds } from '#domain/units.ts';
import { decodeJson, object, optional, text } from '#protocol/decode.ts';
import { type HttpClient, readBody } from '../platform/http-client.ts';

/** No limit: a verification of a whole store takes as long as reading it. */
const SILENCE_MAX = milliseconds(0);
const ANSWER_BYTES_MAX = 512 * 2 ** 20;
const problemDocument = object({ code: text(), title: text(), detail: optional(text()) });

/** Asks a running agent at its management address. @throws CdnError with the agent's own code when it refuses. */
export async function askAgent<T>(
  httpClient: HttpClient,
  request: {
    readonly url: string;
    readonly method: 'GET' | 'POST';
    readonly message?: unknown;
  },
): Promise<T> {
  const response = await httpClient.send({
    method: request.method,
    url: request.url,
    ...(request.message === undefined ? {} : { body: JSON.stringify(request.message) }),
    silenceMax: SILENCE_MAX,
  });
  const body = await readBody(response, ANSWER_BYTES_MAX);
  if (response.status === 200) return JSON.parse(body) as T;
  const decoded = decodeJson(problemDocument, body);
  if (!decoded.ok || !isErrorCode(decoded.value.code))
    throw new CdnError('upstream-invalid', `the agent answered ${response.status}`);
  const { code, title, detail } = decoded.value;
  throw new CdnError(code, detail ?? title);
}
