import {
  Alarm,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarm,
  type IAlarmRule,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { type AlarmPart, alarmTopicName, type Severity } from '../../names.ts';
import { alarmTopic } from './alarm-topic.ts';

interface Described {
  /** Also the alarm's name, after the prefix. */
  readonly name: string;
  readonly severity: Severity;
  readonly description: string;
  /** The heading of docs/runbook.md that tells what to do. @default the name */
  readonly heading?: string;
}

export interface AlarmProps extends Described {
  readonly metric: IMetric;
  readonly isFaulty: { readonly above: number } | { readonly below: number };
  /** Periods in a row. @default 3 */
  readonly periods?: number;
  /**
   * What silence means: `fine` where no requests are no errors, `faulty` where it is the fault itself, `unchanged` where
   * it says nothing.
   * @default fine
   */
  readonly whenMissing?: keyof typeof MISSING;
  /** A composite alarm pages for it. By itself it tells no more than the recipients of warnings. @default false */
  readonly isMember?: boolean;
}

export interface CompositeAlarmProps extends Described {
  readonly rule: IAlarmRule;
  /** While this one rings, nobody is told of the composite. */
  readonly suppressedBy?: IAlarm;
  /** Tells nobody: another alarm watches it. @default false */
  readonly isMember?: boolean;
}

const MISSING = {
  fine: TreatMissingData.NOT_BREACHING,
  faulty: TreatMissingData.BREACHING,
  unchanged: TreatMissingData.IGNORE,
} as const;

/** How long a composite that is suppressed waits for its suppressor, and stays quiet after it. */
const SUPPRESSION = Duration.minutes(5);

const RUNBOOK = 'docs/runbook.md';

/** Alarms of one region and whom they tell: a topic a severity, with every configured recipient. */
export class Alarms extends Construct {
  readonly all: (Alarm | CompositeAlarm)[] = [];
  private readonly config: Config;
  private readonly actions: Readonly<Record<Severity, SnsAction>>;

  /** `isTopicOwner: false` takes the topics of a part that another stack makes. */
  constructor(scope: Construct, id: string, { config, part, isTopicOwner = true }: AlarmsProps) {
    super(scope, id);
    this.config = config;
    const action = (severity: Severity) => {
      const topicName = alarmTopicName(config, part, severity);
      const topic = isTopicOwner
        ? alarmTopic(this, severity, { topicName, recipients: config.alarms.recipients })
        : this.topicNamed(severity, topicName);
      return new SnsAction(topic);
    };
    this.actions = { warning: action('warning'), critical: action('critical') };
  }

  add(props: AlarmProps): Alarm {
    const { name, severity, metric, isFaulty, periods = 3, whenMissing = 'fine' } = props;
    const isAbove = 'above' in isFaulty;
    const alarm = new Alarm(this, name, {
      ...this.described(props),
      metric,
      threshold: isAbove ? isFaulty.above : isFaulty.below,
      comparisonOperator: isAbove
        ? ComparisonOperator.GREATER_THAN_THRESHOLD
        : ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData: MISSING[whenMissing],
    });
    this.tell(alarm, props.isMember ? 'warning' : severity);
    return alarm;
  }

  /** Its members must exist before it, in this region. Names do for those of other stacks. */
  addComposite(props: CompositeAlarmProps): CompositeAlarm {
    const { suppressedBy } = props;
    const { alarmName, alarmDescription } = this.described(props);
    const alarm = new CompositeAlarm(this, props.name, {
      compositeAlarmName: alarmName,
      alarmDescription,
      alarmRule: props.rule,
      ...(suppressedBy
        ? {
            actionsSuppressor: suppressedBy,
            actionsSuppressorWaitPeriod: SUPPRESSION,
            actionsSuppressorExtensionPeriod: SUPPRESSION,
          }
        : {}),
    });
    if (props.isMember) this.all.push(alarm);
    else this.tell(alarm, props.severity);
    return alarm;
  }

  private described({ name, severity, description, heading = name }: Described) {
    const { runbookUrl = RUNBOOK } = this.config.alarms;
    return {
      alarmName: `${this.config.prefix}-${name}`,
      alarmDescription: `[${severity}] ${description} Runbook: ${runbookUrl}#${heading}`,
    };
  }

  private tell(alarm: Alarm | CompositeAlarm, severity: Severity): void {
    alarm.addAlarmAction(this.actions[severity]);
    alarm.addOkAction(this.actions[severity]);
    this.all.push(alarm);
  }

  private topicNamed(id: string, topicName: string): ITopic {
    const { account, regions } = this.config;
    return Topic.fromTopicArn(this, id, `arn:aws:sns:${regions.control}:${account}:${topicName}`);
  }
}

export interface AlarmsProps {
  readonly config: Config;
  readonly part: AlarmPart;
  readonly isTopicOwner?: boolean;
}
