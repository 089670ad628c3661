import { readAssembly, resourcesOf } from '../cloud-assembly/assembly.ts';
import type { ReplicationRule } from './store/replication.ts';

interface BucketProperties {
  readonly BucketName?: string;
  readonly ReplicationConfiguration?: {
    readonly Rules: readonly {
      readonly Status: 'Enabled' | 'Disabled';
      readonly Destination: { readonly Bucket: string };
      readonly Filter?: { readonly Prefix?: string };
      readonly DeleteMarkerReplication?: { readonly Status: string };
    }[];
  };
}

const BUCKET_ARN = /^arn:aws:s3:::([a-z0-9-]+)$/;

/** The replication rules of the buckets of a synthesized app. Names are literal in its templates. */
export function readReplication(assemblyDirectory: string): ReplicationRule[] {
  return readAssembly(assemblyDirectory, 'us-east-1')
    .flatMap((stack) => resourcesOf(stack, 'AWS::S3::Bucket'))
    .flatMap(([, { Properties }]) => rulesOf((Properties ?? {}) as BucketProperties));
}

function rulesOf({ BucketName: sourceBucket, ReplicationConfiguration }: BucketProperties) {
  return (ReplicationConfiguration?.Rules ?? []).flatMap((rule): ReplicationRule[] => {
    const destinationBucket = BUCKET_ARN.exec(rule.Destination.Bucket)?.[1];
    if (!sourceBucket || !destinationBucket || rule.Status !== 'Enabled') return [];
    return [
      {
        sourceBucket,
        destinationBucket,
        keyPrefix: rule.Filter?.Prefix ?? '',
        replicatesDeletes: rule.DeleteMarkerReplication?.Status === 'Enabled',
      },
    ];
  });
}
