import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketReplicationCommand,
  PutBucketReplicationCommand,
  type ReplicationRule,
  S3Client,
} from '@aws-sdk/client-s3';
import type { DeployedResource, Deployment } from './deployment.ts';
import { eventually } from './eventually.ts';

/** A property that the emulator's CloudFormation takes and forgets, although its service knows it. */
export interface LeftOut {
  /** Whether the deployed resource has it. */
  readonly isThere: (deployment: Deployment, resource: DeployedResource) => Promise<boolean>;
  /** Does what CloudFormation would have done, through the service's own API. Absent where nothing here needs it. */
  readonly makeGood?: (deployment: Deployment, resource: DeployedResource) => Promise<void>;
}

/** By resource type and property, as in `not-deployed.json`. */
export const LEFT_OUT: Readonly<Record<string, LeftOut>> = {
  'AWS::S3::Bucket ReplicationConfiguration': {
    isThere: (deployment, { region, physicalId: Bucket }) =>
      isFound(async () => {
        const client = deployment.client(S3Client, region);
        const answer = await client.send(new GetBucketReplicationCommand({ Bucket }));
        return answer.ReplicationConfiguration;
      }),
    makeGood: replicateBucket,
  },
  'AWS::S3::Bucket LifecycleConfiguration': {
    isThere: (deployment, { region, physicalId: Bucket }) =>
      isFound(async () => {
        const client = deployment.client(S3Client, region);
        return (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules;
      }),
  },
  'AWS::S3::Bucket LoggingConfiguration': {
    isThere: (deployment, { region, physicalId: Bucket }) =>
      isFound(async () => {
        const client = deployment.client(S3Client, region);
        return (await client.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled;
      }),
  },
  'AWS::DynamoDB::GlobalTable Replicas': {
    isThere: async (deployment, { region, physicalId: TableName }) => {
      const client = deployment.client(DynamoDBClient, region);
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      return (Table?.Replicas ?? []).length > 0;
    },
    makeGood: replicateTable,
  },
  'AWS::DynamoDB::GlobalTable TimeToLiveSpecification': {
    isThere: async (deployment, { region, physicalId: TableName }) => {
      const client = deployment.client(DynamoDBClient, region);
      const answer = await client.send(new DescribeTimeToLiveCommand({ TableName }));
      return answer.TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED';
    },
    makeGood: async (deployment, { region, physicalId: TableName, properties }) => {
      const client = deployment.client(DynamoDBClient, region);
      const { AttributeName, Enabled } = properties.TimeToLiveSpecification as {
        AttributeName: string;
        Enabled: boolean;
      };
      const TimeToLiveSpecification = { AttributeName, Enabled };
      await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    },
  },
};

/** S3's API and CloudFormation spell one word differently. */
async function replicateBucket(
  deployment: Deployment,
  { region, physicalId: Bucket, properties }: DeployedResource,
): Promise<void> {
  const { Role, Rules } = properties.ReplicationConfiguration as {
    Role: string;
    Rules: (Omit<ReplicationRule, 'ID'> & { Id: string })[];
  };
  const ReplicationConfiguration = {
    Role: `arn:aws:iam::000000000000:role/${Role}`,
    Rules: Rules.map(({ Id, ...rule }) => ({ ID: Id, ...rule })),
  };
  await deployment
    .client(S3Client, region)
    .send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
}

async function replicateTable(
  deployment: Deployment,
  { region, physicalId: TableName, properties }: DeployedResource,
): Promise<void> {
  const client = deployment.client(DynamoDBClient, region);
  for (const { Region } of properties.Replicas as { Region: string }[]) {
    if (Region === region) continue;
    const ReplicaUpdates = [{ Create: { RegionName: Region } }];
    await client.send(new UpdateTableCommand({ TableName, ReplicaUpdates }));
    await eventually(async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      return Table?.TableStatus === 'ACTIVE';
    });
  }
}

/** What is not configured is an error in some of S3's answers, and nothing in others. */
async function isFound(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await ask()) !== undefined;
  } catch (refusal) {
    if (/NotFound|NoSuch/.test((refusal as Error).name)) return false;
    throw refusal;
  }
}
