import {
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  ResponseHeadersPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import {
  crossOriginHeaders,
  DELIVERY_METHODS,
  EXPOSED_FIELDS,
  PREFLIGHT_MAX_AGE_SECONDS,
} from '#protocol/cross-origin.ts';

/** The only query parameters that choose between representations. All others, CMCD among them, change nothing. */
const KEY_PARAMETERS = ['profile', 'language', 'version'];

interface Lifetimes {
  readonly minSeconds: number;
  readonly defaultSeconds: number;
  readonly maxSeconds: number;
}

/** How long CloudFront keeps what, and under which key: the path without its token, and three query parameters. */
export class CachePolicies extends Construct {
  readonly media: CachePolicy;
  readonly manifests: CachePolicy;
  readonly images: CachePolicy;

  constructor(scope: Construct, id: string, prefix: string) {
    super(scope, id);
    this.media = this.policy(`${prefix}-media`, {
      lifetimes: { minSeconds: 0, defaultSeconds: 86_400, maxSeconds: 31_536_000 },
      isText: false,
    });
    this.manifests = this.policy(`${prefix}-manifests`, {
      lifetimes: { minSeconds: 0, defaultSeconds: 300, maxSeconds: 600 },
      isText: true,
    });
    this.images = this.policy(`${prefix}-images`, {
      lifetimes: { minSeconds: 3600, defaultSeconds: 2_592_000, maxSeconds: 31_536_000 },
      isText: true,
    });
  }

  private policy(
    name: string,
    { lifetimes, isText }: { lifetimes: Lifetimes; isText: boolean },
  ): CachePolicy {
    return new CachePolicy(this, name.slice(name.lastIndexOf('-') + 1), {
      cachePolicyName: name,
      minTtl: Duration.seconds(lifetimes.minSeconds),
      defaultTtl: Duration.seconds(lifetimes.defaultSeconds),
      maxTtl: Duration.seconds(lifetimes.maxSeconds),
      queryStringBehavior: CacheQueryStringBehavior.allowList(...KEY_PARAMETERS),
      headerBehavior: CacheHeaderBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
      enableAcceptEncodingGzip: isText,
      enableAcceptEncodingBrotli: isText,
    });
  }
}

/** Fields that CloudFront puts on every response, from cache or not. */
export const responseHeadersPolicy = (scope: Construct, id: string, prefix: string) =>
  new ResponseHeadersPolicy(scope, id, {
    responseHeadersPolicyName: `${prefix}-delivery`,
    corsBehavior: {
      accessControlAllowCredentials: false,
      accessControlAllowOrigins: ['*'],
      accessControlAllowHeaders: ['*'],
      accessControlAllowMethods: [...DELIVERY_METHODS],
      accessControlExposeHeaders: [...EXPOSED_FIELDS],
      accessControlMaxAge: Duration.seconds(PREFLIGHT_MAX_AGE_SECONDS),
      originOverride: true,
    },
    customHeadersBehavior: {
      customHeaders: [
        {
          header: 'Timing-Allow-Origin',
          value: crossOriginHeaders['Timing-Allow-Origin'],
          override: true,
        },
        { header: 'Cross-Origin-Resource-Policy', value: 'cross-origin', override: true },
      ],
    },
    securityHeadersBehavior: {
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: {
        accessControlMaxAge: Duration.days(730),
        includeSubdomains: true,
        override: true,
      },
    },
    // Says `cdn-cache-hit` and the edge location, since CloudFront writes no Cache-Status.
    serverTimingSamplingRate: 100,
  });
