import { createHash, createHmac } from 'node:crypto';

/**
 * Signature Version 4 for S3: the one calculation that the origin verifies with and the edge signs with.
 * Source: AWS, "Create a signed AWS API request" and S3's "Signature calculations for the Authorization header".
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SigningInput {
  readonly method: string;
  /** Path and query as they stand on the request line. */
  readonly target: string;
  /** At least the fields that `signedHeaders` names; names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names in lower case, sorted. */
  readonly signedHeaders: readonly string[];
  /** The value of `x-amz-content-sha256`. */
  readonly payloadHash: string;
  /** The value of `x-amz-date`: `YYYYMMDDTHHMMSSZ`. */
  readonly amzDate: string;
  readonly region: string;
}

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
const SERVICE = 's3';

/** The signature in lower-case hex. @throws URIError for a target with a broken percent escape. */
export function signatureOf(input: SigningInput, secretAccessKey: string): string {
  const date = input.amzDate.slice(0, 8);
  const scope = `${date}/${input.region}/${SERVICE}/aws4_request`;
  const canonicalHash = createHash('sha256').update(canonicalRequest(input)).digest('hex');
  const stringToSign = ['AWS4-HMAC-SHA256', input.amzDate, scope, canonicalHash].join('\n');
  const key = [date, input.region, SERVICE, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  return hmac(key, stringToSign).toString('hex');
}

/** The fields that a signed request without a body carries on top of `headers`, `host` among them. */
export function signedFields(
  request: {
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
  },
  signer: {
    readonly credentials: Credentials;
    readonly region: string;
    readonly now: Date;
  },
): Record<string, string> {
  const amzDate = amzDateOf(signer.now);
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-content-sha256': UNSIGNED_PAYLOAD,
    'x-amz-date': amzDate,
  };
  const signedHeaders = Object.keys(headers)
    .filter((name) => name === 'host' || name.startsWith('x-amz-'))
    .sort();
  const signature = signatureOf(
    {
      ...request,
      headers,
      signedHeaders,
      payloadHash: UNSIGNED_PAYLOAD,
      amzDate,
      region: signer.region,
    },
    signer.credentials.secretAccessKey,
  );
  const scope = `${amzDate.slice(0, 8)}/${signer.region}/${SERVICE}/aws4_request`;
  const credential = `${signer.credentials.accessKeyId}/${scope}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  };
}

const amzDateOf = (instant: Date): string => instant.toISOString().replace(/[-:]|\.\d{3}/g, '');

function canonicalRequest(input: SigningInput): string {
  const [path = '', ...query] = input.target.split('?');
  return [
    input.method,
    path.split('/').map(reencoded).join('/'),
    canonicalQuery(query.join('?')),
    ...input.signedHeaders.map((name) => `${name}:${canonicalValue(input.headers[name])}`),
    '',
    input.signedHeaders.join(';'),
    input.payloadHash,
  ].join('\n');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return `${reencoded(name)}=${reencoded(value.join('='))}`;
    })
    .sort()
    .join('&');
}

const canonicalValue = (value: string | readonly string[] | undefined): string =>
  [value ?? ''].flat().join(',').trim().replace(/ +/g, ' ');

/** Percent-encodes all but RFC 3986's unreserved characters, whatever of them the sender had encoded. */
const reencoded = (text: string): string =>
  encodeURIComponent(decodeURIComponent(text)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();
