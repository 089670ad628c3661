import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Environment } from '../../../lambda/fleet-watch/environment.ts';
import type { Config } from '../../config/schema.ts';
import { EVENT_BUS_NAME, tableName } from '../../names.ts';
import { permissionsIn } from '../../permissions.ts';
import { RegionalFunction } from '../regional-function.ts';

const PERIOD_MINUTES = 5;

/** Looks at the whole fleet once a minute. A run that fails is not repeated: the next one is a minute away. */
export class FleetWatch extends Construct {
  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const may = permissionsIn(config, config.regions.control);
    const { lambda } = new RegionalFunction(this, 'Function', {
      config,
      name: 'fleet-watch',
      environment: environmentOf(config),
      timeoutSeconds: 50,
      memoryMib: 1024,
      statements: [may.readTables('fleet', 'health'), may.writeTables('fleet'), may.putEvents()],
    });
    new Schedule(this, 'EveryMinute', {
      scheduleName: `${config.prefix}-fleet-watch`,
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(lambda, { retryAttempts: 0 }),
    });
  }
}

const environmentOf = (config: Config): Environment => ({
  FLEET_TABLE: tableName(config, 'fleet'),
  HEALTH_TABLE: tableName(config, 'health'),
  REPORT_LEASE_SECONDS: String(config.health.leaseSeconds),
  CERTIFICATE_DAYS: String(config.clients.certificateDays),
  REQUESTS_PER_MINUTE_MIN: String(
    Math.max(1, Math.ceil(config.alarms.requestsPerPeriodMin / PERIOD_MINUTES)),
  ),
  DEPLOYMENT: config.prefix,
  METRICS_NAMESPACE: config.metrics.namespace,
  EVENT_BUS_NAME,
});
