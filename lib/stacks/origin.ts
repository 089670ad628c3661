import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { AwsRegion } from '../config/regions.ts';
import type { Config } from '../config/schema.ts';
import { DeliveryBucket, PRIVATE_BUCKET } from '../constructs/delivery-bucket.ts';
import { Alarms } from '../constructs/monitoring/alarms.ts';
import { addReplicationAlarms } from '../constructs/monitoring/replication-alarms.ts';
import { bucketName, EDGE_REGION, LOG_PREFIXES, stackName } from '../names.ts';

export interface OriginStackProps {
  readonly config: Config;
  readonly region: AwsRegion;
}

const ACCESS_LOG_DAYS = 90;
const QUERY_RESULT_DAYS = 30;

/**
 * The buckets of one origin region. The first origin region is the primary: it replicates to the others, tells the event
 * bus about new objects, receives CloudFront's logs and keeps the fill plans.
 */
export class OriginStack extends Stack {
  constructor(scope: Construct, { config, region }: OriginStackProps) {
    super(scope, stackName(config, 'origin', region), {
      env: { account: config.account, region },
      description: `Distributary: S3 origin in ${region}`,
    });
    const [primary, ...replicas] = config.regions.origins;
    const isPrimary = region === primary;
    const logs = this.logBucket(config, region);
    for (const [kind, deliveredKeys] of [
      ['content', 'content/*'],
      ['assets', 'images/*'],
    ] as const) {
      const id = kind === 'content' ? 'Content' : 'Assets';
      new DeliveryBucket(this, id, {
        bucketName: bucketName(config, kind, region),
        deliveredKeys,
        accessLogs: { bucket: logs, prefix: `s3/${kind}/` },
        hasEvents: isPrimary && kind === 'content',
        replicas: isPrimary
          ? replicas.map((replica) =>
              this.replica(`${id}In`, bucketName(config, kind, replica), replica),
            )
          : [],
      });
    }
    if (!isPrimary) {
      addReplicationAlarms(new Alarms(this, 'Alarms', { config, part: 'origin' }), config, region);
      return;
    }
    this.admitCloudFrontLogs(logs);
    this.planBucket(config, region, logs);
  }

  private logBucket(config: Config, region: AwsRegion): IBucket {
    const bucket = new Bucket(this, 'Logs', {
      ...PRIVATE_BUCKET,
      bucketName: bucketName(config, 'logs', region),
      versioned: true,
      lifecycleRules: [
        {
          id: 'forget',
          expiration: Duration.days(ACCESS_LOG_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(3),
        },
        { id: 'forget-delete-markers', expiredObjectDeleteMarker: true },
        {
          id: 'forget-query-results',
          prefix: `${LOG_PREFIXES.queryResults}/`,
          expiration: Duration.days(QUERY_RESULT_DAYS),
        },
      ],
    });
    // CDK's classes miss its own interfaces by an `| undefined` under exactOptionalPropertyTypes.
    return bucket as IBucket;
  }

  private planBucket(config: Config, region: AwsRegion, logs: IBucket): void {
    new Bucket(this, 'Plans', {
      ...PRIVATE_BUCKET,
      bucketName: bucketName(config, 'plans', region),
      versioned: true,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: 's3/plans/',
      lifecycleRules: [
        { id: 'forget-what-was-replaced', noncurrentVersionExpiration: Duration.days(30) },
        { id: 'forget-planning-runs', prefix: 'runs/', expiration: Duration.days(30) },
      ],
    });
  }

  private replica(idPrefix: string, name: string, region: AwsRegion): IBucket {
    return Bucket.fromBucketAttributes(this, `${idPrefix}-${region}`, {
      bucketName: name,
      account: this.account,
      region,
    });
  }

  /**
   * Lets CloudFront's standard logging v2 write. Its delivery source is in us-east-1 wherever the bucket is; a policy for
   * the bucket's own region lets the logs vanish without a word. Source: terraform-aws-s3-bucket issue 396.
   */
  private admitCloudFrontLogs(logs: IBucket): void {
    logs.addToResourcePolicy(
      new PolicyStatement({
        sid: 'CloudFrontDeliversLogs',
        principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [logs.arnForObjects('cloudfront/*')],
        conditions: {
          StringEquals: { 'aws:SourceAccount': this.account },
          ArnLike: {
            'aws:SourceArn': `arn:aws:logs:${EDGE_REGION}:${this.account}:delivery-source:*`,
          },
        },
      }),
    );
  }
}
