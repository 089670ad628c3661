import {
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import {
  Certificate,
  CertificateValidation,
  type ICertificate,
} from 'aws-cdk-lib/aws-certificatemanager';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { hosts } from '../../names.ts';
import { AliasRecords } from '../alias-records.ts';
import { hostedZone } from '../hosted-zone.ts';
import type { RegionalFunction } from '../regional-function.ts';
import { RoutedApi, type RouteKey } from '../routed-api.ts';
import { clientAuthorities } from './client-authorities.ts';
import type { ControlFunctions } from './control-functions.ts';

/** What agents and operators may ask; see docs/openapi.yaml. */
const CONTROL_ROUTES: readonly RouteKey[] = [
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
  'GET /v1/denied-certificates',
  'PUT /v1/denied-certificates/{serial}',
  'DELETE /v1/denied-certificates/{serial}',
  'GET /v1/revoked-sessions',
  'PUT /v1/revoked-sessions/{sessionId}',
  'DELETE /v1/revoked-sessions/{sessionId}',
  'POST /v1/purges',
  'GET /v1/purges',
  'GET /v1/purges/{purgeId}',
];

const CERTIFICATE_ROUTES: readonly RouteKey[] = [
  'POST /v1/ocas/{ocaId}/certificate',
  'POST /v1/operators/{name}/certificate',
];

export interface ControlApiProps {
  readonly config: Config;
  readonly functions: ControlFunctions;
}

/**
 * The API of agents and operators, at `control.<domain>`. API Gateway lets nobody through the TLS handshake without a
 * certificate of one of our authorities; the authorizer reads in it who asks, and turns away what has been denied.
 */
export class ControlApi extends Construct {
  readonly certificate: ICertificate;
  readonly apiId: string;

  constructor(scope: Construct, id: string, { config, functions }: ControlApiProps) {
    super(scope, id);
    const zone = hostedZone(this, 'Zone', config);
    const host = hosts(config).control;
    const certificate = new Certificate(this, 'Certificate', {
      domainName: host,
      validation: CertificateValidation.fromDns(zone),
    });
    this.certificate = certificate;
    const api = new RoutedApi(this, 'Default', {
      name: `${config.prefix}-control`,
      routes: [
        { to: functions.control, keys: CONTROL_ROUTES },
        { to: functions.certificates, keys: CERTIFICATE_ROUTES },
      ],
      authorizer: authorizerBy(functions.controlAuthorizer, config),
    });
    this.apiId = api.apiId;
    const { bucket, s3ObjectKey: key } = clientAuthorities(this, 'ClientAuthorities', config);
    const domainName = api.serveAt('Domain', host, {
      certificate,
      clientAuthorities: { bucket, key },
    });
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
}

/** Nothing is cached, so that a denied certificate is out within the authorizer's own refresh. */
const authorizerBy = ({ lambda }: RegionalFunction, { prefix }: Config): HttpLambdaAuthorizer =>
  new HttpLambdaAuthorizer('ClientCertificate', lambda, {
    authorizerName: `${prefix}-client-certificate`,
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: [],
    resultsCacheTtl: Duration.seconds(0),
  });
