import type { CloudFrontResponseEvent, CloudFrontResponseResult } from 'aws-lambda';
import { invariant } from '#domain/invariant.ts';
import { presentable } from './presentation.ts';

/** CloudFront's origin-response trigger of every behavior: runs once a fetch from S3, before the response is cached. */
export async function handler(event: CloudFrontResponseEvent): Promise<CloudFrontResponseResult> {
  const record = event.Records[0]?.cf;
  invariant(record, 'an origin-response event carries one response');
  try {
    return presentable(record.response, record.request.uri);
  } catch {
    return record.response; // Headers fail open: plain bytes serve a viewer better than none.
  }
}
