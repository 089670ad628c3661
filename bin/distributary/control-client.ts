import { CdnError, isErrorCode } from '#domain/errors.ts';
import { type Decoder, decodeJson, describeFaults } from '#protocol/decode.ts';
import type { Problem } from '#protocol/problem.ts';
import { type ClientTls, exchange } from './https-exchange.ts';

export interface ControlClientOptions {
  readonly url: string;
  /** With which the control API knows us. On one machine `npm start` lends its operator's to requests without. */
  readonly tls?: ClientTls;
  /** The operator's bearer secret, with which the playback API knows us. Lent alike. */
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
    const { credential, tls } = this.#options;
    const answer = await exchange({
      url: this.#url(target),
      method,
      headers: {
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(tls && { tls }),
      withinMs: ANSWER_WITHIN_MS,
    }).catch((cause: unknown) => {
      throw failureOf(this.#options.url, cause);
    });
    if (answer.status < 200 || answer.status > 299)
      throw refusal(answer.text, `${method} ${this.#url(target)} answered ${answer.status}`);
    return answer.text;
  }

  #url(target: string): string {
    return `${this.#options.url.replace(/\/+$/, '')}${target}`;
  }
}

/** Why there is no answer, by the code of Node or OpenSSL. */
function failureOf(url: string, cause: unknown): CdnError {
  const code = String((cause as NodeJS.ErrnoException).code ?? '');
  if (code.startsWith('ERR_OSSL')) {
    const message = `--certificate and --key are not a certificate and its key, as PEM (${code})`;
    return new CdnError('credential-invalid', message, { cause });
  }
  const isOurDoubt = /CERT_|_CERT|SIGNATURE|ALTNAME/.test(code) && !code.startsWith('ERR_SSL');
  const isTheirs = /^ERR_SSL|^EPROTO|^ECONNRESET|^EPIPE/.test(code);
  const reason = isOurDoubt
    ? `shows a certificate that is not trusted (${code}); is --ca right?`
    : isTheirs
      ? `ended the connection (${code}); does it trust the authority of --certificate?`
      : 'cannot be reached; is it running, and is --control-url right?';
  return new CdnError('upstream-unreachable', `${url} ${reason}`, { cause });
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
