import { invariant } from '#domain/invariant.ts';
import { resourcesOf, type Stack } from './assembly.ts';

/** A DynamoDB table as CloudFormation declares it; names as in AWS::DynamoDB::GlobalTable. */
export interface TableDefinition {
  readonly TableName: string;
  readonly AttributeDefinitions: readonly AttributeDefinition[];
  readonly KeySchema: readonly KeySchemaElement[];
}

interface AttributeDefinition {
  readonly AttributeName: string;
  readonly AttributeType: 'S' | 'N' | 'B';
}

interface KeySchemaElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

export function tableDefinitions(stacks: readonly Stack[]): TableDefinition[] {
  return propertiesOf(stacks, 'AWS::DynamoDB::GlobalTable').map((table) => {
    const { TableName, AttributeDefinitions, KeySchema } = table as unknown as TableDefinition;
    return { TableName, AttributeDefinitions, KeySchema };
  });
}

export interface BucketDefinition {
  readonly bucketName: string;
  readonly awsRegion: string;
}

export function bucketDefinitions(stacks: readonly Stack[]): BucketDefinition[] {
  return stacks.flatMap((stack) =>
    resourcesOf(stack, 'AWS::S3::Bucket').map(([logicalId, { Properties }]) => {
      const bucketName = Properties?.BucketName;
      invariant(typeof bucketName === 'string', `the bucket ${logicalId} has a literal name`);
      return { bucketName, awsRegion: stack.awsRegion };
    }),
  );
}

const propertiesOf = (stacks: readonly Stack[], type: string) =>
  stacks.flatMap((stack) =>
    resourcesOf(stack, type).map(([, resource]) => resource.Properties ?? {}),
  );
