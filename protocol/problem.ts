import { CdnError, type ErrorCode, errorCodeOf, errorKind } from '#domain/errors.ts';

/** Problem details (RFC 9457) with a stable `code` from docs/errors.md. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export function problem(code: ErrorCode, detail?: string): Problem {
  const { status, title } = errorKind(code);
  return {
    type: `urn:distributary:error:${code}`,
    title,
    status: status === 0 ? 500 : status,
    code,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The problem to show for something thrown: our own errors speak for themselves, anything else says nothing of us. */
export function problemOf(thrown: unknown): Problem {
  const code = errorCodeOf(thrown);
  return code === 'internal'
    ? problem('internal')
    : problem(code, thrown instanceof CdnError ? thrown.message : undefined);
}
