import { CdnError } from '#domain/errors.ts';
import type { Stack } from '../../cloud-assembly/assembly.ts';

/**
 * A template value with its intrinsic functions worked out, as far as that can be done without AWS. A reference to a
 * resource resolves to its logical id, which is how the reader of a distribution finds policies and functions; a
 * bucket's domain names are the ones that AWS would give it.
 *
 * @throws CdnError config-invalid for a function that is none of these.
 */
export function resolve(stack: Stack, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(stack, item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, operand] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    return intrinsic(stack, name, operand);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(stack, item)]));
}

function intrinsic(stack: Stack, name: string, operand: unknown): unknown {
  if (name === 'Ref') return pseudoParameter(stack, String(operand)) ?? operand;
  if (name === 'Fn::GetAtt') return attribute(stack, operand);
  if (name === 'Fn::Join') {
    const [separator, parts] = resolve(stack, operand) as [string, unknown[]];
    return parts.map(String).join(separator);
  }
  if (name === 'Fn::Sub' && typeof operand === 'string') {
    return operand.replace(/\$\{([^}]+)\}/g, (_, reference: string) =>
      String(pseudoParameter(stack, reference) ?? attribute(stack, reference)),
    );
  }
  throw new CdnError(
    'config-invalid',
    `${stack.stackName} uses ${name}, which the edge cannot work out`,
  );
}

function pseudoParameter(stack: Stack, name: string): string | undefined {
  const values: Readonly<Record<string, string>> = {
    'AWS::Region': stack.awsRegion,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack.stackName,
  };
  return values[name];
}

function attribute(stack: Stack, operand: unknown): string {
  const path = Array.isArray(operand) ? operand.map(String) : String(operand).split('.');
  const [logicalId = '', ...names] = path;
  const resource = stack.template.Resources[logicalId];
  if (resource?.Type === 'AWS::S3::Bucket' && names[0] === 'RegionalDomainName') {
    const bucketName = resolve(stack, resource.Properties?.BucketName ?? logicalId);
    return `${bucketName}.s3.${stack.awsRegion}.amazonaws.com`;
  }
  return logicalId;
}
