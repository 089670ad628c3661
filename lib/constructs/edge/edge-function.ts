import {
  CompositePrincipal,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { invariant } from '#domain/invariant.ts';
import { type Bundle, bundleFunctions } from '../../bundle.ts';
import type { Config } from '../../config/schema.ts';
import { EDGE_REGION, type EdgeFunctionName } from '../../names.ts';
import { EDGE_BUNDLE_BYTES_MAX } from './edge-bundle-budget.ts';

export interface EdgeFunctionProps {
  readonly config: Config;
  /** The folder in `lambda/`. */
  readonly name: EdgeFunctionName;
  readonly description: string;
  /** Values built into the bundle, since Lambda@Edge has no environment variables. */
  readonly define?: Readonly<Record<string, unknown>>;
}

/**
 * A Lambda@Edge function and its current version, within CloudFront's bounds for viewer triggers: x86, 128 MB, 5 s, no
 * environment, no tracing. Both are retained when the stack lets go of them, even when its first deployment is rolled
 * back, because CloudFront deletes its replicas hours later and Lambda refuses until then; so the function has no name of
 * ours, which a second deployment would find taken.
 */
export class EdgeFunction extends Construct {
  readonly version: IVersion;

  constructor(
    scope: Construct,
    id: string,
    { config, name, description, define }: EdgeFunctionProps,
  ) {
    super(scope, id);
    const { folder, sizeBytes } = edgeBundle(name, define);
    const budget = EDGE_BUNDLE_BYTES_MAX[name];
    invariant(sizeBytes <= budget, `${name} is ${sizeBytes} bytes, its budget ${budget}`);
    const fn = new LambdaFunction(this, 'Function', {
      description,
      code: Code.fromAsset(folder),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.X86_64,
      memorySize: 128,
      timeout: Duration.seconds(5),
      role: this.role(config),
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    fn.applyRemovalPolicy(RemovalPolicy.RETAIN);
    // CDK's classes miss its own interfaces by an `| undefined` under exactOptionalPropertyTypes.
    this.version = fn.currentVersion as IVersion;
  }

  /** Replicas log in the region nearest to the viewer, so the log groups are named but their region is not. */
  private role({ account }: Config): Role {
    const logs = new PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`arn:aws:logs:*:${account}:log-group:/aws/lambda/${EDGE_REGION}.*`],
    });
    return new Role(this, 'Role', {
      assumedBy: new CompositePrincipal(
        new ServicePrincipal('lambda.amazonaws.com'),
        new ServicePrincipal('edgelambda.amazonaws.com'),
      ),
      inlinePolicies: { logs: new PolicyDocument({ statements: [logs] }) },
    });
  }
}

/**
 * Node.js 22 is the newest that CloudFront accepts; raise it with the runtime above, before Lambda ends it in 2027-04.
 * Source: CloudFront Developer Guide, "Restrictions on Lambda@Edge", and Lambda Developer Guide, "Runtimes", read 2026-11.
 */
const edgeBundle = (name: EdgeFunctionName, define: EdgeFunctionProps['define']): Bundle =>
  bundleFunctions([name], { target: 'node22', ...(define ? { define } : {}) })(name);
