import { type IOrigin, S3OriginAccessControl, Signing } from 'aws-cdk-lib/aws-cloudfront';
import { OriginGroup, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsRegion } from '../../config/regions.ts';
import type { Config } from '../../config/schema.ts';
import { type BucketKind, bucketName } from '../../names.ts';

/** S3's own failures. Not 403 or 404: what the primary does not have, a replica that lags behind it has not either. */
const FAILOVER_STATUS_CODES = [500, 502, 503, 504];

/**
 * Where CloudFront fetches from: the primary origin, and, when it fails, the second region. Each has its Origin Shield,
 * so that all edge locations together ask a bucket once.
 */
export class MediaOrigins extends Construct {
  readonly content: IOrigin;
  readonly assets: IOrigin;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const originAccessControl = new S3OriginAccessControl(this, 'AccessControl', {
      originAccessControlName: `${config.prefix}-s3`,
      signing: Signing.SIGV4_ALWAYS,
    });
    const [primary, secondary] = config.regions.origins.map((region) => ({
      content: this.origin('content', { config, region, originAccessControl }),
      assets: this.origin('assets', { config, region, originAccessControl }),
    }));
    if (!primary) throw new Error('regions.origins is empty');
    this.content = withFailover(primary.content, secondary?.content);
    this.assets = withFailover(primary.assets, secondary?.assets);
  }

  private origin(
    kind: Extract<BucketKind, 'content' | 'assets'>,
    props: {
      readonly config: Config;
      readonly region: AwsRegion;
      readonly originAccessControl: S3OriginAccessControl;
    },
  ): IOrigin {
    const { config, region, originAccessControl } = props;
    const name = bucketName(config, kind, region);
    const bucket = Bucket.fromBucketAttributes(this, `${kind}-${region}`, {
      bucketName: name,
      bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      region,
    });
    return S3BucketOrigin.withOriginAccessControl(bucket, {
      originId: `${kind}-${region}`,
      originAccessControl,
      originShieldRegion: config.regions.shieldByOrigin?.[region] ?? region,
      connectionAttempts: 2,
      connectionTimeout: Duration.seconds(3),
    });
  }
}

const withFailover = (primaryOrigin: IOrigin, fallbackOrigin: IOrigin | undefined): IOrigin =>
  fallbackOrigin === undefined
    ? primaryOrigin
    : new OriginGroup({
        primaryOrigin,
        fallbackOrigin,
        fallbackStatusCodes: FAILOVER_STATUS_CODES,
      });
