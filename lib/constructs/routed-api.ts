import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  type CorsPreflightOptions,
  DomainName,
  EndpointType,
  HttpApi,
  type HttpMethod,
  HttpStage,
  type IHttpRouteAuthorizer,
  IpAddressType,
  LogGroupLogDestination,
  type MTLSConfig,
  SecurityPolicy,
  type ThrottleSettings,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { RegionalFunction } from './regional-function.ts';

/** A method and a path of an HTTP API, e.g. `GET /v1/titles/{titleId}`. */
export type RouteKey = `${HttpMethod} /${string}`;

export interface RoutedApiProps {
  readonly name: string;
  /** Which function answers which routes. Whatever is not listed is 404 at the gateway. */
  readonly routes: readonly { readonly to: RegionalFunction; readonly keys: readonly RouteKey[] }[];
  /** @default browsers of other origins are not let in */
  readonly cors?: CorsPreflightOptions;
  /** Asked about every request of every route. @default functions see to it themselves */
  readonly authorizer?: IHttpRouteAuthorizer;
  /** Requests a second, on average and at once. @default what the account may have, which its APIs in a region share */
  readonly throttle?: ThrottleSettings;
}

/** One line a request; no address, no query and no path, which may hold tokens. */
const ACCESS_LOG_LINE = JSON.stringify({
  requestId: '$context.requestId',
  at: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  error: '$context.error.messageString',
});

/** An HTTP API that is reached by custom domains only, over IPv4 and IPv6. */
export class RoutedApi extends Construct {
  private readonly api: HttpApi;
  private readonly stage: HttpStage;

  constructor(scope: Construct, id: string, props: RoutedApiProps) {
    super(scope, id);
    const { name, routes, cors, authorizer, throttle } = props;
    this.api = new HttpApi(this, 'Api', {
      apiName: name,
      createDefaultStage: false,
      disableExecuteApiEndpoint: true,
      ipAddressType: IpAddressType.DUAL_STACK,
      ...(cors ? { corsPreflight: cors } : {}),
      ...(authorizer ? { defaultAuthorizer: authorizer } : {}),
    });
    for (const { to, keys } of routes) this.addRoutes(to, keys);
    const logGroup = new LogGroup(this, 'AccessLogs', {
      logGroupName: `/aws/vendedlogs/${name}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      ...(throttle ? { throttle } : {}),
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(ACCESS_LOG_LINE),
      },
    });
  }

  get apiId(): string {
    return this.api.apiId;
  }

  /**
   * Serves the API at `host`, to clients with a certificate of `clientAuthorities` alone if they are given. The same
   * host may be served in several regions; Route 53 chooses.
   */
  serveAt(
    id: string,
    host: string,
    tls: { readonly certificate: ICertificate; readonly clientAuthorities?: MTLSConfig },
  ): DomainName {
    const { certificate, clientAuthorities } = tls;
    const domainName = new DomainName(this, id, {
      domainName: host,
      certificate,
      ...(clientAuthorities ? { mtls: clientAuthorities } : {}),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
      ipAddressType: IpAddressType.DUAL_STACK,
    });
    new ApiMapping(this, `${id}Mapping`, { api: this.api, domainName, stage: this.stage });
    return domainName;
  }

  private addRoutes(to: RegionalFunction, keys: readonly RouteKey[]): void {
    const integration = new HttpLambdaIntegration(`${to.node.id}Integration`, to.lambda, {
      scopePermissionToRoute: false,
    });
    for (const key of keys) {
      const [method, path] = key.split(' ') as [HttpMethod, string];
      this.api.addRoutes({ methods: [method], path, integration });
    }
  }
}
