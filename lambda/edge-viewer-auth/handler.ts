import type { CloudFrontRequestEvent, CloudFrontRequestResult } from 'aws-lambda';
import { invariant } from '#domain/invariant.ts';
import { epochMs } from '#domain/units.ts';
import { admit, type EdgeConfig, importRules, type ViewerRules } from './admission.ts';

/** Built in by the bundler, because Lambda@Edge has no environment variables. */
declare const __EDGE_CONFIG__: EdgeConfig;

let rules: Promise<ViewerRules> | undefined;

/**
 * CloudFront's viewer-request trigger of every behavior. Whatever breaks in here is thrown: CloudFront then answers 5xx
 * itself, so that a fault never opens a door.
 */
export async function handler(event: CloudFrontRequestEvent): Promise<CloudFrontRequestResult> {
  const request = event.Records[0]?.cf.request;
  invariant(request, 'a viewer-request event carries one request');
  rules ??= importRules(__EDGE_CONFIG__);
  return admit(request, await rules, epochMs(Date.now()));
}
