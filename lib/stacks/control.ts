import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { ControlApi } from '../constructs/control/control-api.ts';
import { ControlFunctions } from '../constructs/control/control-functions.ts';
import { Enrolment } from '../constructs/control/enrolment.ts';
import { FleetWatch } from '../constructs/control/fleet-watch.ts';
import { KeyRotation } from '../constructs/control/key-rotation.ts';
import { OcaRecords } from '../constructs/control/oca-records.ts';
import { Planning } from '../constructs/control/planning.ts';
import { SigningSecrets } from '../constructs/control/signing-secrets.ts';
import { Alarms } from '../constructs/monitoring/alarms.ts';
import { addApiAlarm } from '../constructs/monitoring/api-alarm.ts';
import { addCertificateAlarm } from '../constructs/monitoring/certificate-alarm.ts';
import { CONTROL_API_FAILING } from '../constructs/monitoring/paging.ts';
import { bucketName, deadLetterQueueName, stackName } from '../names.ts';

/** The control plane: the API of agents and operators, catalog ingest, and fill planning. */
export class ControlStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'control'), {
      env: { account: config.account, region: config.regions.control },
      description: 'Distributary: control API, catalog ingest, fill planner',
    });
    const secrets = new SigningSecrets(this, 'Secrets', config);
    new KeyRotation(this, 'KeyRotation', { config, secrets });
    const functions = new ControlFunctions(this, 'Functions', config);
    const { certificate, apiId } = new ControlApi(this, 'Api', { config, functions });
    const alarms = new Alarms(this, 'Alarms', { config, part: 'control', isTopicOwner: false });
    addCertificateAlarm(alarms, { config, name: 'control-certificate-expiring', certificate });
    addApiAlarm(alarms, {
      name: CONTROL_API_FAILING,
      apiId,
      description: 'The control API fails agents: they cannot report.',
      isMember: true,
    });
    const deadLetters = new Queue(this, 'DeadLetters', {
      queueName: deadLetterQueueName(config),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    new Rule(this, 'CatalogObjectCreated', {
      ruleName: `${config.prefix}-catalog-object-created`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [bucketName(config, 'content', config.regions.control)] },
          object: { key: [{ prefix: 'catalog/' }] },
        },
      },
      targets: [
        new LambdaFunction(functions.catalogIngest.lambda, { deadLetterQueue: deadLetters }),
      ],
    });
    new Planning(this, 'Planning', { config, deadLetters });
    if (config.sites.some(({ ec2 }) => ec2)) {
      const enrolment = new Enrolment(this, 'Enrolment', config);
      const name = 'enrolment-certificate-expiring';
      addCertificateAlarm(alarms, { config, name, certificate: enrolment.certificate });
    }
    new OcaRecords(this, 'OcaRecords', { config, deadLetters });
    new FleetWatch(this, 'FleetWatch', config);
  }
}
