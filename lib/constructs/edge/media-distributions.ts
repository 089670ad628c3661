import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachedMethods,
  type CachePolicy,
  Distribution,
  HttpVersion,
  type IOrigin,
  LambdaEdgeEventType,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { Annotations, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { CachePolicies, responseHeadersPolicy } from './cache-policies.ts';
import { EdgeFunction } from './edge-function.ts';
import { MediaOrigins } from './media-origins.ts';

export interface MediaDistributionsProps {
  readonly config: Config;
  /** One a distribution. */
  readonly sites: readonly DistributionSite[];
  /** Refuses an address that asks too often. @default nobody is refused */
  readonly webAclArn?: string;
}

/** Where one distribution is reached. */
export interface DistributionSite {
  readonly hosts: readonly string[];
  /** Covers all hosts; in us-east-1. */
  readonly certificate: ICertificate;
}

/** How long an error stays in CloudFront's caches: long enough to spare S3, short enough that a repair shows. */
const ERROR_TTL_SECONDS = { 403: 10, 404: 10, 500: 1, 502: 1, 503: 1, 504: 1 } as const;

/**
 * Layer 2: CloudFront in front of S3, admitting by session token and caching by path. A distribution has a quota, so
 * there may be several, alike in all but their names: they share origins, policies and functions.
 */
export class MediaDistributions extends Construct {
  readonly distributions: readonly Distribution[];

  constructor(scope: Construct, id: string, props: MediaDistributionsProps) {
    super(scope, id);
    const { config, sites } = props;
    Annotations.of(this).acknowledgeWarning(
      '@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac',
      'the origin stack admits CloudFront in its own bucket policy',
    );
    const { content, assets } = new MediaOrigins(this, 'Origins', config);
    const policies = new CachePolicies(this, 'Policies', config.prefix);
    const behavior = this.behaviorFactory(config);
    const media = behavior(content, policies.media, { compress: false });
    const manifests = behavior(content, policies.manifests, { compress: true });
    const images = behavior(assets, policies.images, { compress: true });
    const shared = {
      ...sharedProps(props),
      defaultBehavior: media,
      // The first pattern that matches the viewer's own path wins, and `*` crosses slashes: a title's folder called
      // `images` must meet the fourth pattern before the fifth.
      additionalBehaviors: {
        '/images/*': images,
        '*.mpd': manifests,
        '*.m3u8': manifests,
        '/~*/content/*': media,
        '/~*/images/*': images,
      },
    };
    this.distributions = sites.map(
      ({ hosts, certificate }, index) =>
        new Distribution(this, index === 0 ? 'Distribution' : `Distribution${index + 1}`, {
          ...shared,
          domainNames: [...hosts],
          certificate,
        }),
    );
  }

  /**
   * Behaviors alike in all but origin, lifetimes and compression. Both functions are on every one of them: also the
   * artwork's, which is public, has the path grammar to keep and perhaps a token to lose.
   */
  private behaviorFactory(config: Config) {
    const { issuer, required, publicKeys = [] } = config.tokens;
    const viewerAuth = new EdgeFunction(this, 'ViewerAuth', {
      config,
      name: 'edge-viewer-auth',
      description: 'Verifies the session token in the path and takes it out',
      define: {
        __EDGE_CONFIG__: {
          issuer,
          keys: publicKeys.map(({ kid, x }) => ({
            kty: 'OKP',
            crv: 'Ed25519',
            alg: 'EdDSA',
            kid,
            x,
            purpose: 'session-token',
          })),
          tokens: required ? 'required' : 'off',
        },
      },
    });
    const responseHeaders = new EdgeFunction(this, 'ResponseHeaders', {
      config,
      name: 'edge-response-headers',
      description: 'Sets cache lifetimes by kind and turns errors of S3 into problem documents',
    });
    const headersPolicy = responseHeadersPolicy(this, 'HeadersPolicy', config.prefix);
    return (
      origin: IOrigin,
      cachePolicy: CachePolicy,
      { compress }: { compress: boolean },
    ): BehaviorOptions => ({
      origin,
      cachePolicy,
      compress,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
      cachedMethods: CachedMethods.CACHE_GET_HEAD,
      responseHeadersPolicy: headersPolicy,
      edgeLambdas: [
        { eventType: LambdaEdgeEventType.VIEWER_REQUEST, functionVersion: viewerAuth.version },
        {
          eventType: LambdaEdgeEventType.ORIGIN_RESPONSE,
          functionVersion: responseHeaders.version,
        },
      ],
    });
  }
}

/**
 * TLS 1.2 at least, because televisions still speak it; the 2025 policy leaves it its two AES-GCM ciphers, which every
 * one of them has. Source: CloudFront Developer Guide, "Supported protocols and ciphers between viewers and CloudFront",
 * read 2026-11; that televisions have AES-GCM is an assumption.
 */
const MINIMUM_TLS = SecurityPolicyProtocol.TLS_V1_2_2025;

/** What distributions have in common beside their behaviors. */
const sharedProps = ({ config, webAclArn }: MediaDistributionsProps) => ({
  comment: `${config.prefix}: media and artwork`,
  minimumProtocolVersion: MINIMUM_TLS,
  httpVersion: HttpVersion.HTTP2_AND_3,
  enableIpv6: true,
  priceClass: PriceClass.PRICE_CLASS_ALL,
  publishAdditionalMetrics: true,
  ...(webAclArn === undefined ? {} : { webAclId: webAclArn }),
  errorResponses: Object.entries(ERROR_TTL_SECONDS).map(([httpStatus, ttlSeconds]) => ({
    httpStatus: Number(httpStatus),
    ttl: Duration.seconds(ttlSeconds),
  })),
});
