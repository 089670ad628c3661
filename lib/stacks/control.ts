import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack, TimeZone } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { AliasRecords } from '../constructs/alias-records.ts';
import { ControlFunctions } from '../constructs/control-functions.ts';
import { hostedZone } from '../constructs/hosted-zone.ts';
import type { RegionalFunction } from '../constructs/regional-function.ts';
import { RoutedApi, type RouteKey } from '../constructs/routed-api.ts';
import { SigningSecrets } from '../constructs/signing-secrets.ts';
import { bucketName, deadLetterQueueName, hosts, stackName } from '../names.ts';

/** What agents and operators may ask. The handler demands the credential; see docs/openapi.yaml. */
const ROUTES: readonly RouteKey[] = [
  'GET /v1/keys',
  'GET /v1/ocas',
  'PUT /v1/ocas/{ocaId}',
  'POST /v1/ocas/{ocaId}/reports',
  'PUT /v1/ocas/{ocaId}/inventory',
  'GET /v1/ocas/{ocaId}/plan',
  'POST /v1/ocas/{ocaId}/sources',
  'POST /v1/ocas/{ocaId}/drain',
  'GET /v1/sites',
  'GET /v1/sites/{siteId}',
  'PUT /v1/sites/{siteId}',
  'GET /v1/titles/{titleId}',
  'DELETE /v1/titles/{titleId}',
  'POST /v1/plans',
];

/** The control plane: the API of agents and operators, catalog ingest, and fill planning. */
export class ControlStack extends Stack {
  private readonly config: Config;

  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'control'), {
      env: { account: config.account, region: config.regions.control },
      description: 'Distributary: control API, catalog ingest, fill planner',
    });
    this.config = config;
    new SigningSecrets(this, 'Secrets', config);
    const { control, catalogIngest, fillPlanner } = new ControlFunctions(this, 'Functions', config);
    this.serveApi(control);
    const deadLetters = new Queue(this, 'DeadLetters', {
      queueName: deadLetterQueueName(config),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.addRules({ catalogIngest, fillPlanner, deadLetters });
    this.addNightlySchedule(fillPlanner, deadLetters);
  }

  private serveApi(control: RegionalFunction): void {
    const zone = hostedZone(this, 'Zone', this.config);
    const host = hosts(this.config).control;
    const certificate = new Certificate(this, 'Certificate', {
      domainName: host,
      validation: CertificateValidation.fromDns(zone),
    });
    const api = new RoutedApi(this, 'Api', {
      name: `${this.config.prefix}-control`,
      routes: [{ to: control, keys: ROUTES }],
    });
    const domainName = api.serveAt('Domain', host, certificate);
    new AliasRecords(this, 'Name', {
      zone,
      host,
      target: {
        dnsName: domainName.regionalDomainName,
        hostedZoneId: domainName.regionalHostedZoneId,
      },
      evaluateTargetHealth: true,
    });
  }

  private addRules(to: {
    catalogIngest: RegionalFunction;
    fillPlanner: RegionalFunction;
    deadLetters: IQueue;
  }): void {
    const { control } = this.config.regions;
    const rule = (
      id: string,
      { eventPattern, fn }: { eventPattern: EventPattern; fn: RegionalFunction },
    ) =>
      new Rule(this, id, {
        ruleName: `${this.config.prefix}-${kebabCase(id)}`,
        eventPattern,
        targets: [new LambdaFunction(fn.lambda, { deadLetterQueue: to.deadLetters })],
      });
    rule('CatalogObjectCreated', {
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [bucketName(this.config, 'content', control)] },
          object: { key: [{ prefix: 'catalog/' }] },
        },
      },
      fn: to.catalogIngest,
    });
    rule('FillPlanRequested', {
      eventPattern: { source: ['distributary'], detailType: ['Fill Plan Requested'] },
      fn: to.fillPlanner,
    });
    rule('TitlePublished', {
      eventPattern: { source: ['distributary'], detailType: ['Title Published'] },
      fn: to.fillPlanner,
    });
  }

  /** One run a night plans the next window of every site; each window is local time. */
  private addNightlySchedule(fillPlanner: RegionalFunction, deadLetterQueue: IQueue): void {
    const [hour = '0', minute = '0'] = this.config.fill.planAtUtc
      .split(':')
      .map(Number)
      .map(String);
    new Schedule(this, 'Nightly', {
      scheduleName: `${this.config.prefix}-nightly-plan`,
      schedule: ScheduleExpression.cron({ hour, minute, timeZone: TimeZone.ETC_UTC }),
      target: new LambdaInvoke(fillPlanner.lambda, {
        input: ScheduleTargetInput.fromObject({ window: 'next' }),
        deadLetterQueue,
      }),
    });
  }
}

const kebabCase = (id: string): string =>
  id.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
