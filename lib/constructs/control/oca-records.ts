import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import {
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration, TimeZone } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Environment } from '../../../lambda/oca-records/environment.ts';
import type { Config } from '../../config/schema.ts';
import { ocaDomain, tableName } from '../../names.ts';
import { changeOcaRecords, permissionsIn } from '../../permissions.ts';
import { RegionalFunction } from '../regional-function.ts';

export interface OcaRecordsProps {
  readonly config: Config;
  readonly deadLetters: IQueue;
}

/**
 * The names of the OCAs, `<oca>.<site>.oca.<domain>`: kept as the fleet table has the addresses, at every change of a
 * site and, whatever went wrong before, every night. They are no part of a template, because OCAs come and go between
 * deployments.
 */
export class OcaRecords extends Construct {
  constructor(scope: Construct, id: string, { config, deadLetters }: OcaRecordsProps) {
    super(scope, id);
    const { lambda } = this.makeFunction(config);
    new Rule(this, 'OcaAddressesChanged', {
      ruleName: `${config.prefix}-oca-addresses-changed`,
      eventPattern: { source: ['distributary'], detailType: ['OCA Addresses Changed'] },
      targets: [new LambdaFunction(lambda, { deadLetterQueue: deadLetters })],
    });
    new Schedule(this, 'Nightly', {
      scheduleName: `${config.prefix}-nightly-oca-records`,
      schedule: ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.ETC_UTC }),
      timeWindow: TimeWindow.flexible(Duration.minutes(15)),
      target: new LambdaInvoke(lambda, {
        input: ScheduleTargetInput.fromObject({}),
        deadLetterQueue: deadLetters,
      }),
    });
  }

  private makeFunction(config: Config): RegionalFunction {
    const environment: Environment = {
      FLEET_TABLE: tableName(config, 'fleet'),
      HOSTED_ZONE_ID: config.domain.hostedZoneId,
      OCA_DOMAIN: ocaDomain(config),
    };
    return new RegionalFunction(this, 'OcaRecords', {
      config,
      name: 'oca-records',
      environment,
      timeoutSeconds: 300,
      memoryMib: 512,
      statements: [
        permissionsIn(config, config.regions.control).readTables('fleet'),
        ...changeOcaRecords(config),
      ],
    });
  }
}
