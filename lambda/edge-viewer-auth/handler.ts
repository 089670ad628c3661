import type { CloudFrontRequestEvent, CloudFrontRequestResult } from 'aws-lambda';
import { invariant } from '#domain/invariant.ts';
import { epochMs } from '#domain/units.ts';
import { admit, type EdgeConfig, type ViewerRules, viewerRules } from './admission.ts';

/** Built in by the bundler, because Lambda@Edge has no environment variables. */
declare const __EDGE_CONFIG__: EdgeConfig;

let rules: ViewerRules | undefined;

/**
 * CloudFront's viewer-request trigger of every behavior. Whatever breaks in here is thrown: CloudFront then answers 5xx
 * itself, so that a fault never opens a door.
 */
export async function handler(event: CloudFrontRequestEvent): Promise<CloudFrontRequestResult> {
  const request = event.Records[0]?.cf.request;
  invariant(request, 'a viewer-request event carries one request');
  rules ??= viewerRules(__EDGE_CONFIG__);
  return admit(request, rules, epochMs(Date.now()));
}
