import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { paginateListSecrets, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { type Assembly, type Deployment, regionsOf } from './deployment.ts';

/** Kinds of resources that outlive their stack in the emulator. Versions go and stay with their functions. */
export const KEPT_TYPES: readonly string[] = [
  'AWS::S3::Bucket',
  'AWS::DynamoDB::GlobalTable',
  'AWS::SecretsManager::Secret',
  'AWS::Lambda::Function',
];

/** Secrets Manager ends an ARN with six characters of its own; the rest are names. */
export const nameOf = (physicalId: string): string =>
  physicalId.startsWith('arn:')
    ? (physicalId.split(':').at(-1) ?? '').replace(/-[^-]{6}$/, '')
    : physicalId;

/**
 * Names of all buckets, tables, secrets, functions, alarms and state machines that the emulator has, but for the CDK's own
 * and for the replicas that tables and secrets have in other regions.
 */
export async function remainingNames(
  deployment: Deployment,
  { stacks, config }: Assembly,
): Promise<string[]> {
  const names = await namesOfBuckets(deployment);
  for (const region of regionsOf(stacks)) {
    names.push(...(await namesOfFunctions(deployment, region)));
    names.push(...(await namesIn(deployment, region)));
    if (region !== config.regions.control) continue;
    names.push(...(await namesOfState(deployment, region)));
  }
  return names.filter((name) => !name.startsWith('cdk-')).toSorted();
}

async function namesOfBuckets(deployment: Deployment): Promise<string[]> {
  const client = deployment.client(S3Client, 'us-east-1');
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  client.destroy();
  return Buckets.map(({ Name = '' }) => Name);
}

/** Of tables and secrets. */
async function namesOfState(deployment: Deployment, region: string): Promise<string[]> {
  const names: string[] = [];
  const tables = deployment.client(DynamoDBClient, region);
  for await (const { TableNames = [] } of paginateListTables({ client: tables }, {})) {
    names.push(...TableNames);
  }
  const secrets = deployment.client(SecretsManagerClient, region);
  for await (const { SecretList = [] } of paginateListSecrets({ client: secrets }, {})) {
    names.push(...SecretList.map(({ Name = '' }) => Name));
  }
  tables.destroy();
  secrets.destroy();
  return names;
}

/** Of alarms and state machines: none of them shall be left. */
async function namesIn(deployment: Deployment, region: string): Promise<string[]> {
  const names: string[] = [];
  const alarms = deployment.client(CloudWatchClient, region);
  for await (const page of paginateDescribeAlarms({ client: alarms }, {})) {
    names.push(...(page.MetricAlarms ?? []).map(({ AlarmName = '' }) => AlarmName));
  }
  const machines = deployment.client(SFNClient, region);
  const { stateMachines = [] } = await machines.send(new ListStateMachinesCommand({}));
  names.push(...stateMachines.map(({ name = '' }) => name));
  alarms.destroy();
  machines.destroy();
  return names;
}

async function namesOfFunctions({ emulator }: Deployment, region: string): Promise<string[]> {
  const answer = await fetch(`${emulator.url}/2015-03-31/functions/`, {
    headers: emulator.signatureFor(region, 'lambda'),
  });
  const { Functions } = (await answer.json()) as { Functions: { FunctionName: string }[] };
  return Functions.map(({ FunctionName }) => FunctionName);
}
