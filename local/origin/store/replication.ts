/** Objects of one bucket appear in another: an `AWS::S3::Bucket` replication rule, as far as this origin follows it. */
export interface ReplicationRule {
  readonly sourceBucket: string;
  readonly destinationBucket: string;
  /** Only keys that begin so; '' for all. */
  readonly keyPrefix: string;
  readonly replicatesDeletes: boolean;
}
