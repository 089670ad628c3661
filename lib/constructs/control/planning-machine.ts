import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  type IStateMachine,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { bucketArn, bucketName, stateMachineArn, stateMachineName } from '../../names.ts';
import { MAP_LABEL, planningDefinition } from './planning-definition.ts';
import type { PlanningFunctions } from './planning-functions.ts';

export interface PlanningMachineProps {
  readonly config: Config;
  readonly functions: PlanningFunctions;
}

/** The state machine of the planning, traced, with a log group and a role of its own. */
export class PlanningMachine extends Construct {
  readonly stateMachine: IStateMachine;

  constructor(scope: Construct, id: string, { config, functions }: PlanningMachineProps) {
    super(scope, id);
    const name = stateMachineName(config, 'planning');
    const definition = planningDefinition({
      bucketName: bucketName(config, 'plans', config.regions.control),
      scopeFunction: placeholder('ScopeFunction'),
      plannerFunction: placeholder('PlannerFunction'),
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: name,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: {
        ScopeFunction: functions.scope.lambda.functionArn,
        PlannerFunction: functions.planner.lambda.functionArn,
      },
      role: this.makeRole(config, functions),
      tracingEnabled: true,
      logs: { destination: this.makeLogGroup(name), level: LogLevel.ERROR },
    });
  }

  /** Groups of this prefix share one resource policy, which has room for few. Source: Step Functions, "Logging in CloudWatch". */
  private makeLogGroup(name: string): LogGroup {
    return new LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/states/${name}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private makeRole(config: Config, { scope, planner }: PlanningFunctions): Role {
    const functionArns = [scope, planner].map(({ lambda }) => lambda.functionArn);
    const statements = [
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functionArns }),
      ...runObjects(config),
      ...mapRuns(config),
    ];
    return new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      inlinePolicies: { work: new PolicyDocument({ statements }) },
    });
  }
}

/** CloudFormation puts the substitution of this name in its place. */
const placeholder = (name: string): string => `\${${name}}`;

/** Reads the list of sites and writes the results, in parts when they are large. */
function runObjects(config: Config): PolicyStatement[] {
  const bucket = bucketArn(config, 'plans', config.regions.control);
  return [
    new PolicyStatement({
      actions: [
        's3:AbortMultipartUpload',
        's3:GetObject',
        's3:ListMultipartUploadParts',
        's3:PutObject',
      ],
      resources: [`${bucket}/runs/*`],
    }),
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucket],
      conditions: { StringLike: { 's3:prefix': 'runs/*' } },
    }),
  ];
}

/** A Distributed Map starts, watches and stops executions of its own state machine. Source: Step Functions, "IAM policies for Distributed Map". */
function mapRuns(config: Config): PolicyStatement[] {
  const machine = stateMachineArn(config, 'planning', config.regions.control);
  const executions = machine.replace(':stateMachine:', ':execution:');
  const runs = machine.replace(':stateMachine:', ':mapRun:');
  return [
    new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine] }),
    new PolicyStatement({
      actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
      resources: [`${executions}:*`, `${executions}/${MAP_LABEL}:*`],
    }),
    new PolicyStatement({
      actions: ['states:DescribeMapRun'],
      resources: [`${runs}/${MAP_LABEL}:*`],
    }),
  ];
}
