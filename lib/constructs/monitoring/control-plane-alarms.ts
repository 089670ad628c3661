import { type Alarm, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Config } from '../../config/schema.ts';
import {
  deadLetterQueueName,
  type FunctionName,
  stateMachineArn,
  type TableKind,
  tableName,
} from '../../names.ts';
import type { Alarms } from './alarms.ts';
import { addFunctionErrorAlarm, addThrottleAlarm } from './function-error-alarms.ts';
import { deploymentMetric } from './own-metrics.ts';
import { addReplicationFailureAlarms } from './replication-alarms.ts';

const PERIOD = Duration.minutes(5);

type Meanings = Readonly<Partial<Record<FunctionName, string>>>;

/** Without these no OCA can report, and after its lease none is steered to. */
const VITAL_FUNCTIONS: Meanings = {
  control: 'Agents cannot report or fetch their plans; OCAs go on serving.',
  'control-authorizer': 'The control API admits nobody: no agent can report.',
};

const FUNCTIONS: Meanings = {
  certificates: 'Client certificates are not renewed; those in use are good for days yet.',
  'catalog-ingest': 'Published titles do not come into the catalog.',
  'planning-scope': 'OCAs get no new fill plans and keep what they hold.',
  'fill-planner': 'OCAs get no new fill plans and keep what they hold.',
  'key-rotation': 'The keys of fill plans are not rotated; those in use stay good.',
  'oca-records': 'Names of OCAs do not follow their addresses.',
};

/** Only there when a site's OCAs are instances of EC2. */
const EC2_FUNCTIONS: Meanings = {
  enrolment: 'New EC2 OCAs get no certificate, and serve nobody.',
};

const TABLES: readonly TableKind[] = ['fleet', 'titles', 'health', 'sessions'];

/** What of the control plane the composite alarms look at. */
export interface ControlPlaneAlarms {
  readonly vital: readonly Alarm[];
}

/** Adds the alarms of the control region's functions, tables, queue, planning and replication. */
export function addControlPlaneAlarms(alarms: Alarms, config: Config): ControlPlaneAlarms {
  const vital = addFunctions(alarms, config, VITAL_FUNCTIONS);
  addFunctions(alarms, config, FUNCTIONS);
  if (config.sites.some(({ ec2 }) => ec2)) addFunctions(alarms, config, EC2_FUNCTIONS);
  const watch = addFleetWatchAlarm(alarms, config);
  addThrottleAlarm(alarms, 'control');
  addTableAlarms(alarms, config);
  addWorkAlarms(alarms, config);
  addReplicationFailureAlarms(alarms, config);
  return { vital: [...vital, watch] };
}

function addFunctions(alarms: Alarms, config: Config, meanings: Meanings): Alarm[] {
  const isMember = meanings === VITAL_FUNCTIONS;
  return Object.entries(meanings).map(([name, meaning]) =>
    addFunctionErrorAlarm(alarms, {
      config,
      name: name as FunctionName,
      severity: isMember ? 'critical' : 'warning',
      meaning,
      isMember,
    }),
  );
}

/** It tells how many OCAs it watches at the end of each run: silence is a failure, or a schedule that starts none. */
const addFleetWatchAlarm = (alarms: Alarms, config: Config): Alarm =>
  alarms.add({
    name: 'fleet-watch-failing',
    severity: 'critical',
    metric: deploymentMetric(config, 'OcasWatched', PERIOD).with({
      statistic: Stats.SAMPLE_COUNT,
    }),
    isFaulty: { below: 1 },
    description: 'Nobody looks after the fleet: other alarms of OCAs say nothing.',
    periods: 2,
    whenMissing: 'faulty',
    isMember: true,
  });

function addTableAlarms(alarms: Alarms, config: Config): void {
  for (const kind of TABLES) {
    for (const [access, metricName] of [
      ['reads', 'ReadThrottleEvents'],
      ['writes', 'WriteThrottleEvents'],
    ] as const) {
      alarms.add({
        name: `${kind}-table-${access}-throttled`,
        heading: 'tables-throttled',
        severity: 'warning',
        metric: count('AWS/DynamoDB', metricName, { TableName: tableName(config, kind) }),
        isFaulty: { above: 0 },
        description: `DynamoDB refuses ${access} of the control plane.`,
      });
    }
  }
}

function addWorkAlarms(alarms: Alarms, config: Config): void {
  const once = { severity: 'warning' as const, isFaulty: { above: 0 }, periods: 1 };
  alarms.add({
    ...once,
    name: 'dead-letters',
    metric: count('AWS/SQS', 'ApproximateNumberOfMessagesVisible', {
      QueueName: deadLetterQueueName(config),
    }).with({ statistic: Stats.MAXIMUM }),
    description: 'An event was given up after all retries: a title or a plan may be missing.',
  });
  const StateMachineArn = stateMachineArn(config, 'planning', config.regions.control);
  for (const [name, metricName] of [
    ['planning-failed', 'ExecutionsFailed'],
    ['planning-timed-out', 'ExecutionsTimedOut'],
  ] as const) {
    alarms.add({
      ...once,
      name,
      heading: 'planning-failed',
      metric: count('AWS/States', metricName, { StateMachineArn }),
      description: 'A run of the planning ended without a plan for every site.',
    });
  }
}

const count = (
  namespace: string,
  metricName: string,
  dimensionsMap: Readonly<Record<string, string>>,
): Metric =>
  new Metric({ namespace, metricName, dimensionsMap, statistic: Stats.SUM, period: PERIOD });
