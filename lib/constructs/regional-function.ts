import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bundleFunctions } from '../bundle.ts';
import type { Config } from '../config/schema.ts';
import { FUNCTION_NAMES, type FunctionName, functionName } from '../names.ts';

export interface RegionalFunctionProps {
  readonly config: Config;
  /** The folder in `lambda/`. */
  readonly name: FunctionName;
  /** Exactly what the function's `environment.ts` lists, as literal strings: the local run sets the same. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMib: number;
  readonly statements: readonly PolicyStatement[];
}

/**
 * Of Lambda's own lines only those of invocations that failed. It would write half a kB about each that did not: of 10,000
 * OCAs that report every 2 s, 13 TB a month. Source: Lambda Developer Guide, "System log level event mapping"; assumption.
 */
const SYSTEM_LOG_LEVEL = SystemLogLevel.WARN;

/** A function of the control plane: Node.js 24 on arm64, traced, with a log group and a role of its own. */
export class RegionalFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: RegionalFunctionProps) {
    super(scope, id);
    const name = functionName(props.config, props.name);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const bundleOf = bundleFunctions(FUNCTION_NAMES, { target: 'node24' });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { work: new PolicyDocument({ statements: [...props.statements] }) },
    });
    logGroup.grantWrite(role);
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: name,
      code: Code.fromAsset(bundleOf(props.name).folder),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMib,
      timeout: Duration.seconds(props.timeoutSeconds),
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SYSTEM_LOG_LEVEL,
      environment: { ...props.environment },
      logGroup,
      role,
    });
  }
}
