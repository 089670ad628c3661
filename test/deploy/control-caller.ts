import { stackName } from '../../lib/names.ts';
import type { AssembledStack, Assembly, Deployment } from './deployment.ts';
import type { Template } from './stripped-assembly.ts';
export interface ControlAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, which each test knows.
  readonly json: any;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ControlAsk {
  /** The client certificate of the connection, as PEM; none for a connection without one. */
  readonly certificate?: string;
  readonly body?: unknown;
}

/**
 * Asks the deployed functions of the control API what API Gateway would ask them: first the authorizer of the route, with
 * the client certificate, then the function behind it, with what the authorizer said. The emulator's own API Gateway
 * speaks no mutual TLS.
 */
export class ControlCaller {
  private readonly deployment: Deployment;
  private readonly region: string;
  private readonly template: Template;
  private readonly physicalIds: ReadonlyMap<string, string>;

  private constructor(
    deployment: Deployment,
    { region, template }: AssembledStack,
    physicalIds: ReadonlyMap<string, string>,
  ) {
    this.deployment = deployment;
    this.region = region;
    this.template = template;
    this.physicalIds = physicalIds;
  }

  /** @throws Error when the assembly has no control stack */
  static async of(deployment: Deployment, { stacks, config }: Assembly): Promise<ControlCaller> {
    const stack = stacks.find(({ name }) => name === stackName(config, 'control'));
    if (!stack) throw new Error('the assembly has no control stack');
    return new ControlCaller(deployment, stack, await deployment.physicalIds(stack));
  }

  async ask(routeKey: string, path: string, ask: ControlAsk = {}): Promise<ControlAnswer> {
    const [method = ''] = routeKey.split(' ');
    const [rawPath = '', rawQueryString = ''] = path.split('?');
    const event = {
      version: '2.0',
      routeKey,
      rawPath,
      rawQueryString,
      headers: {},
      isBase64Encoded: false,
      requestContext: {
        http: { method, path: rawPath, sourceIp: '203.0.113.9', protocol: 'HTTP/1.1' },
        ...(ask.certificate === undefined
          ? {}
          : { authentication: { clientCert: { clientCertPem: ask.certificate } } }),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    };
    const { authorizer, target } = this.routeFor(routeKey);
    const verdict = (await this.invoke(authorizer, event)) as {
      isAuthorized: boolean;
      context?: unknown;
    };
    if (!verdict.isAuthorized) return { status: 403, json: undefined, headers: {} };
    const requestContext = { ...event.requestContext, authorizer: { lambda: verdict.context } };
    const answer = (await this.invoke(target, { ...event, requestContext })) as {
      statusCode: number;
      body?: string;
      headers?: Record<string, string>;
    };
    const json = answer.body ? JSON.parse(answer.body) : undefined;
    return { status: answer.statusCode, json, headers: answer.headers ?? {} };
  }

  /** Names of the functions that the template puts before and behind a route. */
  private routeFor(routeKey: string): { authorizer: string; target: string } {
    const route = Object.values(this.template.Resources).find(
      ({ Type, Properties }) =>
        Type === 'AWS::ApiGatewayV2::Route' && Properties?.RouteKey === routeKey,
    );
    if (!route) throw new Error(`the template has no route ${routeKey}`);
    const { AuthorizerId, Target } = route.Properties as Record<string, unknown>;
    return {
      authorizer: this.functionOf(firstReference(AuthorizerId)),
      target: this.functionOf(firstReference(Target)),
    };
  }

  /** The function that an integration or an authorizer names. */
  private functionOf(logicalId: string): string {
    const { IntegrationUri, AuthorizerUri } = this.template.Resources[logicalId]?.Properties ?? {};
    return this.physicalIds.get(firstReference(IntegrationUri ?? AuthorizerUri)) ?? '';
  }

  private invoke(name: string, event: unknown): Promise<unknown> {
    return invokeFunction(this.deployment, { region: this.region, name, event });
  }
}

/**
 * Invokes a deployed function through Lambda's API, and waits for its answer.
 * @throws Error when the function failed
 */
export async function invokeFunction(
  { emulator }: Deployment,
  { region, name, event }: { region: string; name: string; event: unknown },
): Promise<unknown> {
  const answer = await fetch(`${emulator.url}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    headers: { ...emulator.signatureFor(region, 'lambda'), 'Content-Type': 'application/json' },
    body: JSON.stringify(event),
  });
  const body = await answer.text();
  const isFailed = !answer.ok || answer.headers.has('x-amz-function-error');
  if (isFailed) throw new Error(`${name} in ${region} failed: ${answer.status} ${body}`);
  return body === '' ? undefined : JSON.parse(body);
}

/** The logical id that an intrinsic function, however nested, names first. */
function firstReference(value: unknown): string {
  const [, id = ''] =
    /"(?:Ref|Fn::GetAtt)":(?:\[)?"(?!AWS::)([A-Za-z0-9]+)"/.exec(JSON.stringify(value) ?? '') ?? [];
  return id;
}
