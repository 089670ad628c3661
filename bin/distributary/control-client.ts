import { CdnError, isErrorCode } from '#domain/errors.ts';
import { type Decoder, decodeJson, describeFaults } from '#protocol/decode.ts';
import type { Problem } from '#protocol/problem.ts';

export interface ControlClientOptions {
  readonly url: string;
  /** The operator's bearer secret. On one machine `npm start` lends its own to requests without. */
  readonly credential?: string;
}

const ANSWER_WITHIN_MS = 30_000;

/** Speaks to the control API, or to the operator's part of the playback API. */
export class ControlClient {
  readonly #options: ControlClientOptions;

  constructor(options: ControlClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a request and decodes its answer.
   * @throws CdnError with the problem's own code, `upstream-unreachable`, or `upstream-invalid`.
   */
  async request<T>(
    decoder: Decoder<T>,
    target: string,
    options: { readonly method?: string; readonly body?: unknown } = {},
  ): Promise<T> {
    const text = await this.send(target, options);
    const decoded = decodeJson(decoder, text);
    if (!decoded.ok)
      throw new CdnError(
        'upstream-invalid',
        `${this.#url(target)} answered what we cannot read: ${describeFaults(decoded.faults)}`,
      );
    return decoded.value;
  }

  /** The text of a successful answer. */
  async send(
    target: string,
    { method = 'GET', body }: { readonly method?: string; readonly body?: unknown } = {},
  ): Promise<string> {
    const { credential } = this.#options;
    const response = await fetch(this.#url(target), {
      method,
      headers: {
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }).catch((cause: unknown) => {
      throw new CdnError(
        'upstream-unreachable',
        `${this.#options.url} cannot be reached; is it running, and is --control-url right?`,
        { cause },
      );
    });
    const text = await response.text();
    if (!response.ok)
      throw refusal(text, `${method} ${this.#url(target)} answered ${response.status}`);
    return text;
  }

  #url(target: string): string {
    return `${this.#options.url.replace(/\/+$/, '')}${target}`;
  }
}

function refusal(text: string, otherwise: string): CdnError {
  const { code, detail, title } = problemIn(text);
  return code !== undefined && isErrorCode(code)
    ? new CdnError(code, detail ?? title ?? otherwise)
    : new CdnError('upstream-invalid', otherwise);
}

function problemIn(text: string): Partial<Problem> {
  try {
    return JSON.parse(text) as Partial<Problem>;
  } catch {
    return {};
  }
}
