import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../lib/config/schema.ts';
import type { Stack } from '../cloud-assembly/assembly.ts';
import { type BucketDefinition, bucketDefinitions } from '../cloud-assembly/stores.ts';
import { type AddressPlan, urlOf } from '../ground/address-plan.ts';
import { localAws } from '../ground/aws-environment.ts';

/** Creates the buckets of the templates that are not there yet, each in the region of its stack. */
export async function createBuckets(
  { config, plan }: { config: Config; plan: AddressPlan },
  stacks: readonly Stack[],
): Promise<void> {
  const { region, credentials } = localAws(plan, config.regions.control);
  const client = new S3Client({
    endpoint: urlOf(plan.origin),
    region,
    credentials,
    forcePathStyle: true,
  });
  await Promise.all(bucketDefinitions(stacks).map((bucket) => createBucket(client, bucket)));
  client.destroy();
}

async function createBucket(
  client: S3Client,
  { bucketName, awsRegion }: BucketDefinition,
): Promise<void> {
  const isThere = await client.send(new HeadBucketCommand({ Bucket: bucketName })).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  // us-east-1 is said by saying nothing. Source: S3 API Reference, CreateBucket.
  const constraint =
    awsRegion === 'us-east-1'
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: awsRegion as 'eu-west-1' } };
  await client.send(new CreateBucketCommand({ Bucket: bucketName, ...constraint }));
}
