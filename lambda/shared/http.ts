import { CdnError } from '#domain/errors.ts';
import { type Decoder, decodeJson, describeFaults } from '#protocol/decode.ts';
import { PROBLEM_CONTENT_TYPE, type Problem } from '#protocol/problem.ts';

/** What is read of an HTTP API's event. Source: API Gateway Developer Guide, Lambda payload format 2.0. */
export interface HttpApiEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly http: { readonly method: string; readonly sourceIp: string };
    /** What the API's authorizer said of the caller. */
    readonly authorizer?: {
      readonly lambda?: unknown;
      readonly iam?: { readonly userArn?: unknown };
    };
  };
}

export interface HttpApiResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request to one of our APIs. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** What `{name}` stood for in the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly clientAddress: string;
  /** What the Lambda authorizer of the API, if it has one, said of the caller. */
  readonly authorizerContext?: unknown;
  /** Whose signature (AWS Signature Version 4) the request has, where the API asks for one. */
  readonly iamUserArn?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function requestFrom(event: HttpApiEvent): HttpRequest {
  const { body = '', isBase64Encoded, requestContext, rawPath, rawQueryString } = event;
  return {
    method: requestContext.http.method,
    path: rawPath,
    parameters: {},
    query: new URLSearchParams(rawQueryString),
    headers: event.headers,
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
    clientAddress: requestContext.http.sourceIp,
    authorizerContext: requestContext.authorizer?.lambda,
    iamUserArn: requestContext.authorizer?.iam?.userArn,
  };
}

export const resultOf = (answer: HttpAnswer): HttpApiResult => ({
  statusCode: answer.status,
  headers: answer.headers,
  body: answer.body,
});

/** Answers of the control plane are of this moment: nobody stores them unless a handler says otherwise. */
export const jsonAnswer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => ({
  status,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  body: JSON.stringify(value),
});

export const problemAnswer = (
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer =>
  jsonAnswer(problem.status, problem, { 'Content-Type': PROBLEM_CONTENT_TYPE, ...headers });

/** The message in a request's body. @throws CdnError `message-too-large`, or `message-invalid` with every fault. */
export function decodeBody<T>(request: HttpRequest, decoder: Decoder<T>, bytesMax: number): T {
  const sizeBytes = Buffer.byteLength(request.body);
  if (sizeBytes > bytesMax) {
    throw new CdnError(
      'message-too-large',
      `expected a message of at most ${bytesMax} bytes, received ${sizeBytes}`,
    );
  }
  const decoded = decodeJson(decoder, request.body);
  if (decoded.ok) return decoded.value;
  throw new CdnError('message-invalid', describeFaults(decoded.faults));
}
