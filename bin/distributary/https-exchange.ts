import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

/** What a client shows of itself, and whom it trusts, all PEM. */
export interface ClientTls {
  readonly certificate?: string;
  readonly key?: string;
  /** @default the authorities that Node trusts */
  readonly serverAuthority?: string;
}

export interface Exchange {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: ClientTls;
  readonly withinMs: number;
}

/** One request with a client certificate, which `fetch` has no way to show. */
export async function exchange(options: Exchange): Promise<{ status: number; text: string }> {
  const { url, method, headers, body, tls, withinMs } = options;
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  const answered = Promise.withResolvers<{ status: number; text: string }>();
  const request = send(
    url,
    {
      method,
      headers: { ...headers, ...(body === undefined ? {} : lengthOf(body)) },
      // A connection of its own: it may show another certificate than the last one.
      agent: false,
      signal: AbortSignal.timeout(withinMs),
      minVersion: 'TLSv1.2',
      ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls?.key === undefined ? {} : { key: tls.key }),
      ...(tls?.serverAuthority === undefined ? {} : { ca: tls.serverAuthority }),
    },
    (response) => {
      text(response).then(
        (read) => answered.resolve({ status: response.statusCode ?? 0, text: read }),
        answered.reject,
      );
    },
  );
  request.on('error', answered.reject);
  request.end(body);
  return answered.promise;
}

const lengthOf = (body: string) => ({ 'content-length': String(Buffer.byteLength(body)) });
