import { Readable } from 'node:stream';
import type { ErrorCode } from '#domain/errors.ts';
import { PROBLEM_CONTENT_TYPE, problem } from '#protocol/problem.ts';
import type { CacheResponse } from './cache/messages.ts';

/** An answer of the edge itself, where CloudFront has an HTML page: a problem document. */
export function problemResponse(code: ErrorCode): CacheResponse & { readonly body: Readable } {
  const document = problem(code);
  const bytes = Buffer.from(JSON.stringify(document));
  return {
    status: document.status,
    fields: {
      'content-type': PROBLEM_CONTENT_TYPE,
      'content-length': String(bytes.length),
    },
    body: Readable.from([bytes], { objectMode: false }),
  };
}
