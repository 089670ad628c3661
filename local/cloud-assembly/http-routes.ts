import { invariant } from '#domain/invariant.ts';
import { type Resource, resourcesOf, type Stack } from './assembly.ts';
import { LAMBDA_FUNCTION } from './lambda-functions.ts';
import { referenceTo } from './references.ts';

/** One route of an HTTP API and the function behind it. */
export interface HttpRoute {
  /** `GET /v1/titles/{titleId}`, or `$default`. */
  readonly routeKey: string;
  readonly stack: Stack;
  readonly functionId: string;
  readonly timeoutMs: number;
  readonly cors?: CorsConfiguration;
  /** The function that is asked first whether a request may pass. */
  readonly authorizerId?: string;
}

/** Names as in AWS::ApiGatewayV2::Api, CorsConfiguration. */
export interface CorsConfiguration {
  readonly AllowOrigins?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowHeaders?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  readonly MaxAge?: number;
  readonly AllowCredentials?: boolean;
}

/** The longest that an HTTP API waits for an integration, and its default. Source: API Gateway quotas for HTTP APIs. */
const INTEGRATION_TIMEOUT_MS = 30_000;

/**
 * The routes of all stacks. A route that several regions have is taken from the first stack that has it; one that AWS's
 * own identities open is left out, since there are none on one machine.
 */
export function httpRoutes(stacks: readonly Stack[]): HttpRoute[] {
  const routeByKey = new Map<string, HttpRoute>();
  for (const route of stacks.flatMap(routesOf)) {
    if (!routeByKey.has(route.routeKey)) routeByKey.set(route.routeKey, route);
  }
  return [...routeByKey.values()];
}

function routesOf(stack: Stack): HttpRoute[] {
  return resourcesOf(stack, 'AWS::ApiGatewayV2::Route').flatMap(([, route]) => {
    const { RouteKey, Target, ApiId, AuthorizationType, AuthorizerId } = propertiesOf(route);
    if (AuthorizationType === 'AWS_IAM') return [];
    const resource = (type: string, value: unknown) =>
      propertiesOf(stack.template.Resources[referenceTo(stack, type, value)]);
    const integration = resource('AWS::ApiGatewayV2::Integration', Target);
    const cors = resource('AWS::ApiGatewayV2::Api', ApiId).CorsConfiguration;
    const authorizer =
      AuthorizationType === 'CUSTOM'
        ? resource('AWS::ApiGatewayV2::Authorizer', AuthorizerId)
        : undefined;
    return {
      routeKey: String(RouteKey),
      stack,
      functionId: referenceTo(stack, LAMBDA_FUNCTION, integration.IntegrationUri),
      timeoutMs: Number(integration.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MS),
      ...(cors === undefined ? {} : { cors: cors as CorsConfiguration }),
      ...(authorizer && {
        authorizerId: referenceTo(stack, LAMBDA_FUNCTION, authorizer.AuthorizerUri),
      }),
    };
  });
}

function propertiesOf(resource: Resource | undefined): Readonly<Record<string, unknown>> {
  invariant(resource?.Properties, 'a route, its API and its integration have properties');
  return resource.Properties;
}
