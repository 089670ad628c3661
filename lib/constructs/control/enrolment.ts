import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import {
  Certificate,
  CertificateValidation,
  type ICertificate,
} from 'aws-cdk-lib/aws-certificatemanager';
import { Construct } from 'constructs';
import type { Environment } from '../../../lambda/enrolment/environment.ts';
import type { Config } from '../../config/schema.ts';
import { hosts, ocaFleetPrefix, secretName, tableName } from '../../names.ts';
import { permissionsIn } from '../../permissions.ts';
import { AliasRecords } from '../alias-records.ts';
import { hostedZone } from '../hosted-zone.ts';
import { RegionalFunction } from '../regional-function.ts';
import { RoutedApi } from '../routed-api.ts';

/**
 * Anybody may knock at this API, and its requests count in the quota that the control API needs in the same region. Some
 * hundred instances may start at once; those that are turned away come again. *Assumption.*
 */
const THROTTLE = { rateLimit: 20, burstLimit: 100 };

/**
 * Where EC2 OCAs get their first certificate, at `enrol.<domain>`. A new instance has none to show, so this API stands
 * beside the control API: it asks for a signature of AWS's instead, which the instance's role gives.
 */
export class Enrolment extends Construct {
  readonly certificate: ICertificate;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const zone = hostedZone(this, 'Zone', config);
    const host = hosts(config).enrolment;
    this.certificate = new Certificate(this, 'Certificate', {
      domainName: host,
      validation: CertificateValidation.fromDns(zone),
    });
    const api = new RoutedApi(this, 'Api', {
      name: `${config.prefix}-enrolment`,
      routes: [{ to: this.makeFunction(config), keys: ['POST /v1/enrolments'] }],
      authorizer: new HttpIamAuthorizer(),
      throttle: THROTTLE,
    });
    const domainName = api.serveAt('Domain', host, { certificate: this.certificate });
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

  private makeFunction(config: Config): RegionalFunction {
    const may = permissionsIn(config, config.regions.control);
    const environment: Environment = {
      FLEET_TABLE: tableName(config, 'fleet'),
      CLIENT_AUTHORITY_SECRET: secretName(config, 'client-authority'),
      CERTIFICATE_DAYS: String(config.clients.certificateDays),
      ACCOUNT_ID: config.account,
      OCA_ROLE_PREFIX: ocaFleetPrefix(config),
    };
    return new RegionalFunction(this, 'Enrolment', {
      config,
      name: 'enrolment',
      environment,
      timeoutSeconds: 10,
      memoryMib: 512,
      statements: [
        may.readTables('fleet'),
        may.writeTables('fleet'),
        may.readSecrets('client-authority'),
      ],
    });
  }
}
