import type { Resource, Stack } from '../../../local/cloud-assembly/assembly.ts';

/** A stack with the resources given, as if it had been read from a cloud assembly. */
export const stackOf = (
  resources: Readonly<Record<string, Resource>>,
  { stackName = 'stack', awsRegion = 'us-east-1' } = {},
): Stack => ({
  stackName,
  awsRegion,
  template: { Resources: resources },
  assetFolderByHash: new Map([['abc123', '/assets/abc123']]),
});

export const functionResource = (variables: Record<string, unknown> = {}): Resource => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: 'greeter',
    Handler: 'index.handler',
    Timeout: 7,
    Code: { S3Bucket: 'assets', S3Key: 'abc123.zip' },
    Environment: { Variables: variables },
  },
});
