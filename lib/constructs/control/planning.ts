import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import {
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration, TimeZone } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { PlanningFunctions } from './planning-functions.ts';
import { PlanningMachine } from './planning-machine.ts';

export interface PlanningProps {
  readonly config: Config;
  readonly deadLetters: IQueue;
}

/** Fill planning: on demand by events, and every night for the next window. */
export class Planning extends Construct {
  constructor(scope: Construct, id: string, { config, deadLetters }: PlanningProps) {
    super(scope, id);
    const functions = new PlanningFunctions(this, 'Functions', config);
    const { stateMachine } = new PlanningMachine(this, 'Machine', { config, functions });
    for (const [ruleId, name, detailType] of [
      ['FillPlanRequested', 'fill-plan-requested', 'Fill Plan Requested'],
      ['TitlePublished', 'title-published', 'Title Published'],
    ] as const)
      new Rule(this, ruleId, {
        ruleName: `${config.prefix}-${name}`,
        eventPattern: { source: ['distributary'], detailType: [detailType] },
        targets: [new SfnStateMachine(stateMachine, { deadLetterQueue: deadLetters })],
      });
    this.addNightlySchedule(config, { stateMachine, deadLetters });
  }

  /** One run a night plans the next window of every site; each window is local time. */
  private addNightlySchedule(
    config: Config,
    to: { readonly stateMachine: IStateMachine; readonly deadLetters: IQueue },
  ): void {
    const [hour = '0', minute = '0'] = config.fill.planAtUtc.split(':').map(Number).map(String);
    new Schedule(this, 'Nightly', {
      scheduleName: `${config.prefix}-nightly-plan`,
      schedule: ScheduleExpression.cron({ hour, minute, timeZone: TimeZone.ETC_UTC }),
      // Nobody waits for it, and the top of the hour is when everybody's schedules start.
      timeWindow: TimeWindow.flexible(Duration.minutes(5)),
      target: new StepFunctionsStartExecution(to.stateMachine, {
        input: ScheduleTargetInput.fromObject({ window: 'next' }),
        deadLetterQueue: to.deadLetters,
      }),
    });
  }
}
