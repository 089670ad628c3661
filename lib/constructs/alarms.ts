import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';

export type Severity = 'warning' | 'critical';

export interface AlarmProps {
  /** Also the alarm's name, after the prefix. */
  readonly name: string;
  readonly severity: Severity;
  readonly metric: IMetric;
  readonly isFaulty: { readonly above: number } | { readonly below: number };
  readonly description: string;
  /** Periods in a row. @default 3 */
  readonly periods?: number;
}

/** Alarms of one region and whom they tell: a topic a severity, with every configured recipient. */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  private readonly config: Config;
  private readonly actions: Readonly<Record<Severity, SnsAction>>;

  /** `part` sets the topics of two stacks in one region apart. */
  constructor(scope: Construct, id: string, { config, part }: { config: Config; part: string }) {
    super(scope, id);
    this.config = config;
    const action = (severity: Severity) =>
      new SnsAction(this.topic(severity, `${config.prefix}-${part}-${severity}`));
    this.actions = { warning: action('warning'), critical: action('critical') };
  }

  add({ name, severity, metric, isFaulty, description, periods = 3 }: AlarmProps): void {
    const isAbove = 'above' in isFaulty;
    const alarm = new Alarm(this, name, {
      alarmName: `${this.config.prefix}-${name}`,
      alarmDescription: `[${severity}] ${description}`,
      metric,
      threshold: isAbove ? isFaulty.above : isFaulty.below,
      comparisonOperator: isAbove
        ? ComparisonOperator.GREATER_THAN_THRESHOLD
        : ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      // No requests are no errors.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(this.actions[severity]);
    alarm.addOkAction(this.actions[severity]);
    this.all.push(alarm);
  }

  private topic(id: string, topicName: string): Topic {
    const topic = new Topic(this, id, { topicName, enforceSSL: true });
    for (const recipient of this.config.alarms.recipients) {
      topic.addSubscription(new EmailSubscription(recipient));
    }
    return topic;
  }
}
