import { basename } from 'node:path';
import { CdnError } from '#domain/errors.ts';
import { invariant } from '#domain/invariant.ts';
import type { Stack } from './assembly.ts';

export const LAMBDA_FUNCTION = 'AWS::Lambda::Function';

/** What Lambda is told of a function, as far as the local host needs it. */
export interface FunctionDefinition {
  readonly functionName: string;
  readonly awsRegion: string;
  /** `<file without extension>.<export>` */
  readonly handler: string;
  readonly codeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** Lambda's default. Source: AWS::Lambda::Function, Timeout. */
const TIMEOUT_DEFAULT_SECONDS = 3;

interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Handler: string;
  readonly Timeout?: number;
  readonly Code: { readonly S3Key?: string };
  readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
}

export function functionDefinition(stack: Stack, logicalId: string): FunctionDefinition {
  const resource = stack.template.Resources[logicalId];
  invariant(resource?.Type === LAMBDA_FUNCTION, `${logicalId} is a Lambda function`);
  const properties = resource.Properties as unknown as FunctionProperties;
  const codeFolder = stack.assetFolderByHash.get(basename(properties.Code.S3Key ?? '', '.zip'));
  invariant(codeFolder, `the code of ${logicalId} is an asset of ${stack.stackName}`);
  return {
    functionName: properties.FunctionName ?? logicalId,
    awsRegion: stack.awsRegion,
    handler: properties.Handler,
    codeFolder,
    environment: literals(logicalId, properties.Environment?.Variables ?? {}),
    timeoutSeconds: properties.Timeout ?? TIMEOUT_DEFAULT_SECONDS,
  };
}

/** The name of a function; undefined when the resource is something else. */
export function functionNameOf(stack: Stack, logicalId: string): string | undefined {
  const resource = stack.template.Resources[logicalId];
  if (resource?.Type !== LAMBDA_FUNCTION) return undefined;
  return (resource.Properties as unknown as FunctionProperties).FunctionName ?? logicalId;
}

function literals(
  logicalId: string,
  variables: Readonly<Record<string, unknown>>,
): Record<string, string> {
  for (const [name, value] of Object.entries(variables)) {
    if (typeof value !== 'string')
      throw new CdnError(
        'start-failed',
        `the variable ${name} of ${logicalId} must be literal text to run without CloudFormation, found ${JSON.stringify(value)}`,
      );
  }
  return variables as Record<string, string>;
}
