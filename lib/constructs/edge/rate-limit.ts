import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { crossOriginHeaders } from '#protocol/cross-origin.ts';
import { problem } from '#protocol/problem.ts';
import type { Config } from '../../config/schema.ts';

export interface RateLimitProps {
  readonly config: Config;
  readonly requestsPerAddressMax: number;
}

/** Requests are counted over this long. Source: AWS::WAFv2::WebACL, RateBasedStatement, EvaluationWindowSec. */
const WINDOW_SECONDS = 300;
const BODY = 'too-many-requests';

/**
 * A web ACL that refuses an address with too many requests, and lets everything else through. Players are told by 429
 * and `Retry-After`, as an OCA sheds load, so they turn to another pathway; WAF's own 403 would end the playback.
 */
export class RateLimit extends Construct {
  readonly webAclArn: string;

  constructor(scope: Construct, id: string, { config, requestsPerAddressMax }: RateLimitProps) {
    super(scope, id);
    const rule: CfnWebACL.RuleProperty = {
      name: BODY,
      priority: 0,
      statement: {
        rateBasedStatement: {
          limit: requestsPerAddressMax,
          aggregateKeyType: 'IP',
          evaluationWindowSec: WINDOW_SECONDS,
        },
      },
      action: { block: { customResponse: REFUSAL } },
      visibilityConfig: visibility(`${config.prefix}-too-many-requests`),
    };
    const webAcl = new CfnWebACL(this, 'WebAcl', {
      name: `${config.prefix}-edge`,
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      customResponseBodies: {
        // WAF takes no other JSON type, and no Content-Type field of ours.
        [BODY]: { contentType: 'APPLICATION_JSON', content: JSON.stringify(problem(BODY)) },
      },
      rules: [rule],
      visibilityConfig: visibility(`${config.prefix}-edge`),
    });
    this.webAclArn = webAcl.attrArn;
  }
}

/** CloudFront's response headers policy may not reach what WAF answers (assumption), so CORS stands here as well. */
const REFUSAL: CfnWebACL.CustomResponseProperty = {
  responseCode: problem(BODY).status,
  customResponseBodyKey: BODY,
  responseHeaders: Object.entries({
    'Retry-After': String(WINDOW_SECONDS),
    'Cache-Control': 'no-store',
    ...crossOriginHeaders,
  }).map(([name, value]) => ({ name, value })),
};

/** No samples: they would keep paths, and session tokens in them. */
const visibility = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: false,
});
