import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { Alarms } from '../constructs/alarms.ts';
import { addFunctionErrorAlarms } from '../constructs/function-error-alarms.ts';
import { deadLetterQueueName, stackName } from '../names.ts';

const PERIOD = Duration.minutes(5);

/** Alarms of the control plane. CloudFront's are in the edge stack, with the distribution whose id they need. */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'monitoring'), {
      env: { account: config.account, region: config.regions.control },
      description: 'Distributary: alarms of the control plane',
    });
    const alarms = new Alarms(this, 'Alarms', { config, part: 'control' });
    addFunctionErrorAlarms(alarms, config, {
      control: 'Agents cannot report or fetch their plans; OCAs go on serving.',
      'catalog-ingest': 'Published titles do not come into the catalog.',
      'fill-planner': 'OCAs get no new fill plans and keep what they hold.',
    });
    alarms.add({
      name: 'dead-letters',
      severity: 'warning',
      metric: new Metric({
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensionsMap: { QueueName: deadLetterQueueName(config) },
        statistic: Stats.MAXIMUM,
        period: PERIOD,
      }),
      isFaulty: { above: 0 },
      description: 'An event was given up after all retries: a title or a plan may be missing.',
      periods: 1,
    });
  }
}
