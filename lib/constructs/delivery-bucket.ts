import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  ObjectOwnership,
  ReplicationTimeValue,
} from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/**
 * What every bucket of ours has: no public access, TLS 1.2, encryption at rest, and a life beyond its stack. Only a first
 * deployment that fails takes its buckets back: they are empty, and the next attempt would find their names taken.
 */
export const PRIVATE_BUCKET = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
} as const;

export interface DeliveryBucketProps {
  readonly bucketName: string;
  /** Keys that CloudFront may read, e.g. `content/*`: everything else in the bucket is not for viewers. */
  readonly deliveredKeys: string;
  readonly accessLogs: { readonly bucket: IBucket; readonly prefix: string };
  /** Buckets that hold a copy of everything. @default no replication */
  readonly replicas?: readonly IBucket[];
  /** Whether the default event bus hears of every object. @default false */
  readonly hasEvents?: boolean;
}

/** A versioned bucket that CloudFront reads through origin access control. */
export class DeliveryBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: DeliveryBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...PRIVATE_BUCKET,
      bucketName: props.bucketName,
      versioned: true,
      serverAccessLogsBucket: props.accessLogs.bucket,
      serverAccessLogsPrefix: props.accessLogs.prefix,
      lifecycleRules: [
        {
          id: 'forget-what-was-replaced',
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(3),
          expiredObjectDeleteMarker: true,
        },
      ],
      replicationRules: (props.replicas ?? []).map((destination, index) => ({
        id: `to-replica-${index + 1}`,
        priority: index + 1,
        destination,
        deleteMarkerReplication: true,
        replicationTimeControl: ReplicationTimeValue.FIFTEEN_MINUTES,
        metrics: ReplicationTimeValue.FIFTEEN_MINUTES,
      })),
    });
    if (props.hasEvents) this.tellEventBus();
    this.admitCloudFront(props.deliveredKeys);
  }

  /** By the resource's own property: CDK's `eventBridgeEnabled` would bring a custom resource and its function. */
  private tellEventBus(): void {
    const resource = this.bucket.node.defaultChild as CfnBucket;
    resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }

  /**
   * Admits the distributions of this account. Naming the one distribution would tie the two stacks into a circle.
   * Listing makes S3 answer 404, not 403, for what is not there; the path grammar keeps viewers from asking for a list.
   */
  private admitCloudFront(deliveredKeys: string): void {
    const { account } = Stack.of(this);
    const admission = {
      principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
      conditions: {
        StringEquals: { 'AWS:SourceAccount': account },
        ArnLike: { 'AWS:SourceArn': `arn:aws:cloudfront::${account}:distribution/*` },
      },
    };
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        ...admission,
        sid: 'CloudFrontReads',
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects(deliveredKeys)],
      }),
    );
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        ...admission,
        sid: 'CloudFrontTellsMissingFromForbidden',
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
      }),
    );
  }
}
