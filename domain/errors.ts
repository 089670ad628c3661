/**
 * Every way in which this system refuses or fails, in one table. `docs/errors.md` has a line for each code and a test
 * holds the two together. Callers match the code; nobody matches a message.
 */

/** Who caused it: the party that asked us, the party that we asked, or ourselves. */
export type ErrorSource = 'downstream' | 'upstream' | 'internal';
/** What a caller may do about it. */
export type RetryAdvice = 'never' | 'same-source' | 'other-source' | 'after-delay';

interface ErrorKind {
  /** HTTP status of the problem document, or 0 for what never reaches HTTP. */
  readonly status: number;
  readonly source: ErrorSource;
  readonly retry: RetryAdvice;
  /** A short, stable summary of the kind. The occurrence is told by the error's message. */
  readonly title: string;
}

const kinds = {
  'request-invalid': [400, 'downstream', 'never', 'The request is not well formed'],
  'path-invalid': [400, 'downstream', 'never', 'The path does not match the grammar'],
  'message-invalid': [400, 'downstream', 'never', 'The message does not match its schema'],
  'token-missing': [401, 'downstream', 'never', 'A session token is required in the path'],
  'token-malformed': [401, 'downstream', 'never', 'The session token cannot be read'],
  'token-key-unknown': [401, 'downstream', 'never', 'The session token names an unknown key'],
  'token-signature': [401, 'downstream', 'never', 'The session token has a wrong signature'],
  'token-expired': [401, 'downstream', 'never', 'The session token has expired'],
  'token-revoked': [401, 'downstream', 'never', 'The session has been revoked'],
  'token-not-yet-valid': [401, 'downstream', 'after-delay', 'The session token is not valid yet'],
  'credential-missing': [401, 'downstream', 'never', 'A credential is required'],
  'credential-invalid': [401, 'downstream', 'never', 'The credential is not accepted'],
  'token-scope': [403, 'downstream', 'never', 'The session token does not cover this path'],
  'token-network': [403, 'downstream', 'never', 'The session token is for another network'],
  forbidden: [403, 'downstream', 'never', 'The credential does not cover this action'],
  'not-found': [404, 'downstream', 'never', 'There is nothing at this path'],
  'title-not-found': [404, 'downstream', 'never', 'No such title is published'],
  'asset-not-found': [404, 'downstream', 'other-source', 'The title has no such file'],
  'oca-not-found': [404, 'downstream', 'never', 'No such OCA is declared'],
  'site-not-found': [404, 'downstream', 'never', 'No such site is declared'],
  'plan-not-found': [
    404,
    'downstream',
    'after-delay',
    'No fill plan has been made for this OCA yet',
  ],
  'method-not-allowed': [405, 'downstream', 'never', 'The method is not allowed here'],
  'list-full': [409, 'downstream', 'after-delay', 'The list takes no more entries'],
  'session-ended': [410, 'downstream', 'never', 'The playback session has ended'],
  'message-too-large': [413, 'downstream', 'never', 'The message is too large'],
  'range-not-satisfiable': [
    416,
    'downstream',
    'never',
    'The range lies outside the representation',
  ],
  'too-many-requests': [429, 'downstream', 'after-delay', 'Too many requests from this address'],
  overloaded: [429, 'internal', 'other-source', 'This OCA takes no more sessions now'],
  draining: [429, 'internal', 'other-source', 'This OCA is draining'],
  internal: [500, 'internal', 'other-source', 'Something broke that we did not foresee'],
  'upstream-invalid': [502, 'upstream', 'other-source', 'The upstream answered wrongly'],
  'upstream-unreachable': [502, 'upstream', 'other-source', 'The upstream cannot be reached'],
  'out-of-service': [503, 'internal', 'other-source', 'Not in service'],
  'upstream-timeout': [504, 'upstream', 'other-source', 'The upstream did not answer in time'],
  'asset-not-stored': [504, 'downstream', 'other-source', 'This OCA does not hold the asset'],
  'digest-mismatch': [0, 'upstream', 'other-source', 'Bytes do not match their SHA-256'],
  'disk-full': [0, 'internal', 'other-source', 'No disk of the tier has room'],
  'disk-busy': [0, 'internal', 'other-source', 'A disk is too slow to wait for'],
  'disk-read-only': [0, 'internal', 'other-source', 'A disk takes no more writes'],
  'disk-foreign': [0, 'downstream', 'never', 'A disk is not the one that the configuration names'],
  'store-newer': [0, 'downstream', 'never', 'The store was written by a newer version'],
  'disk-failed': [0, 'internal', 'other-source', 'A disk refused an operation'],
  'plan-signature': [0, 'upstream', 'never', 'The fill plan is not signed by a trusted key'],
  'plan-audience': [0, 'upstream', 'never', 'The fill plan is for another OCA'],
  'plan-expired': [0, 'upstream', 'after-delay', 'The fill plan has expired'],
  'plan-rollback': [0, 'upstream', 'never', 'The fill plan is older than the one in force'],
  'config-invalid': [0, 'downstream', 'never', 'The configuration does not match its schema'],
  'purge-incomplete': [0, 'downstream', 'after-delay', 'Not every OCA has applied the purge'],
  'rotation-too-soon': [0, 'downstream', 'after-delay', 'The keys were rotated a short while ago'],
  'secret-in-use': [0, 'downstream', 'never', 'Another value of the secret is in use'],
  'address-taken': [0, 'downstream', 'never', 'The address and port are in use'],
  'nginx-unusable': [0, 'downstream', 'never', 'nginx cannot be run with this configuration'],
  'folder-unwritable': [0, 'downstream', 'never', 'The folder cannot be written'],
  'media-without-manifest': [
    0,
    'downstream',
    'never',
    'The media folder holds no playback manifest',
  ],
  'media-invalid': [0, 'downstream', 'never', 'The media is not as its playback manifest says'],
  'start-failed': [0, 'internal', 'never', 'A part of the system did not start'],
} as const satisfies Record<string, readonly [number, ErrorSource, RetryAdvice, string]>;

export type ErrorCode = keyof typeof kinds;

export const ERROR_CODES = Object.keys(kinds) as ErrorCode[];

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(kinds, text);

export function errorKind(code: ErrorCode): ErrorKind {
  const [status, source, retry, title] = kinds[code];
  return { status, source, retry, title };
}

/** Measured facts of one occurrence, with units in their names. Never a secret, never a path of the host. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** A failure that has a code. The message says what happened, what was expected, what was found and what to do. */
export class CdnError extends Error {
  override readonly name = 'CdnError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return errorKind(this.code).status;
  }
  get source(): ErrorSource {
    return errorKind(this.code).source;
  }
  get retry(): RetryAdvice {
    return errorKind(this.code).retry;
  }
}

/** The code of whatever was thrown; `internal` for what we did not raise ourselves. Works across bundles. */
export function errorCodeOf(thrown: unknown): ErrorCode {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' && isErrorCode(code) ? code : 'internal';
}
