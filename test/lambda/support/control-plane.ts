import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { jest } from '@jest/globals';
import type { Problem } from '#protocol/problem.ts';
import { makeAuthority } from '../../../bin/distributary/keys/authority-document.ts';
import { createCatalogIngest } from '../../../lambda/catalog-ingest/create-catalog-ingest.ts';
import { createCertificates } from '../../../lambda/certificates/create-certificates.ts';
import { createControl } from '../../../lambda/control/create-control.ts';
import type { Environment as ControlEnvironment } from '../../../lambda/control/environment.ts';
import { createFillPlanner } from '../../../lambda/fill-planner/create-fill-planner.ts';
import { createPlanningScope } from '../../../lambda/planning-scope/create-planning-scope.ts';
import type { PlanningEvent } from '../../../lambda/planning-scope/planning-request.ts';
import { createPlayback } from '../../../lambda/playback/create-playback.ts';
import type { Environment as PlaybackEnvironment } from '../../../lambda/playback/environment.ts';
import { documentClient } from '../../../lambda/shared/clients.ts';
import { digestOf } from '../../../lambda/shared/credentials.ts';
import type { HttpHandler } from '../../../lambda/shared/http-handler.ts';
import type { Log } from '../../../lambda/shared/log.ts';
import type { Measurement, Metrics } from '../../../lambda/shared/metrics.ts';
import { createSteering } from '../../../lambda/steering/create-steering.ts';
import { createTables, dynamodbServer } from '../../../local/dynamodb/dynamodb-server.ts';
import { cloudFrontApi } from '../../../local/edge/cloudfront-api.ts';
import { startOrigin } from '../../../local/origin/start-origin.ts';
import { handTurnedClock } from './hand-turned-clock.ts';
import { keySecret } from './key-secret.ts';

/** What a handler put on the bus. */
export interface SentEvent {
  readonly 'detail-type': string;
  readonly detail: Record<string, unknown>;
}

/** An answer whose JSON body is what the test expects it to be: a problem unless it says otherwise. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Body;
}

export interface AskOptions {
  /** Whose certificate the authorizer has let in: `OPERATOR`, or an OCA's id. */
  readonly as?: string;
  readonly bearer?: string;
  readonly body?: unknown;
  readonly clientAddress?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const OPERATOR = 'operator';
/** The serial of every certificate here. */
export const SERIAL = 'c0ffee';
/** With which the playback API is asked to explain itself. */
export const OPERATOR_SECRET = 'operator-secret';
export const CONTENT_BUCKET = 'test-content';
export const PLAN_BUCKET = 'test-plans';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test-secret' };
const TABLES = ['fleet', 'titles', 'health'];
/** Real servers on a machine that others use too: a deadline, not a measurement. */
jest.setTimeout(60_000);

/** The whole control plane over real servers: dynalite, the S3 of one machine, and a bus that keeps what it is sent. */
export async function startControlPlane(
  overrides: Partial<PlaybackEnvironment & ControlEnvironment> = {},
  otherSecrets: Readonly<Record<string, string>> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'control-plane-'));
  const events: SentEvent[] = [];
  const dynamoDbServer = dynamodbServer();
  const busServer = recordingBus(events);
  const invalidated: string[] = [];
  const cloudFrontServer = cloudFrontApi({
    distributionId: 'E2TEST',
    aliases: ['cf-edge.test'],
    invalidate: (paths) => invalidated.push(...paths),
  });
  const origin = await startOrigin({
    dataDirectory: folder,
    host: '127.0.0.1',
    port: 0,
    credentials: CREDENTIALS,
    buckets: [CONTENT_BUCKET, PLAN_BUCKET].map((name) => ({ name, region: 'us-east-1' })),
  });
  const client = { region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 };
  const tableClient = new DynamoDBClient({ ...client, endpoint: await listen(dynamoDbServer) });
  await createTables(tableClient, TABLES.map(tableDefinition));
  const dynamoDb = documentClient(tableClient);
  const s3 = new S3Client({ ...client, endpoint: origin.url, forcePathStyle: true });
  const eventBridge = new EventBridgeClient({ ...client, endpoint: await listen(busServer) });
  const cloudFront = new CloudFrontClient({ ...client, endpoint: await listen(cloudFrontServer) });
  const clock = handTurnedClock();
  const logged: { level: string; event: string; facts: unknown }[] = [];
  const log: Log = (level, event, facts) => logged.push({ level, event, facts });
  const measured: Measurement[] = [];
  const metrics: Metrics = (measurement) => measured.push(measurement);
  const secrets: Record<string, string> = {
    'session-token-keys': keySecret('session-1'),
    'fill-plan-keys': keySecret('plan-1'),
    operator: JSON.stringify({ credentialDigests: [digestOf(OPERATOR_SECRET)] }),
    'client-authority': JSON.stringify(await makeAuthority({ name: 'test', now: clock.now() })),
    ...otherSecrets,
  };
  const readSecret = async (name: string) => secrets[name] ?? '';
  const environment = { ...ENVIRONMENT, ...overrides };
  const aws = { dynamoDb, s3, eventBridge, cloudFront };
  const wiring = { ...aws, readSecret, environment, clock, log, metrics };
  return {
    ...{ clock, events, invalidated, logged, measured, secrets, dynamoDb, s3, wiring },
    playback: askerOf(createPlayback(wiring)),
    steering: askerOf(createSteering(wiring)),
    control: askerOf(createControl(wiring)),
    certificates: askerOf(createCertificates(wiring)),
    ingest: createCatalogIngest(wiring),
    scope: createPlanningScope(wiring),
    planBatch: createFillPlanner(wiring),
    planner: (event: PlanningEvent) => plan(wiring, event),
    putContent: (key: string, body: string) =>
      s3.send(new PutObjectCommand({ Bucket: CONTENT_BUCKET, Key: key, Body: body })),
    stop: async () => {
      for (const closing of [tableClient, s3, eventBridge, cloudFront]) closing.destroy();
      await Promise.all([dynamoDbServer, busServer, cloudFrontServer].map(close));
      await origin.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What the state machine does with an event, all sites in one batch. */
async function plan(
  wiring: Parameters<typeof createPlanningScope>[0] & Parameters<typeof createFillPlanner>[0],
  event: PlanningEvent,
): Promise<void> {
  const { key, order } = await createPlanningScope(wiring)({ execution: randomUUID(), event });
  const command = new GetObjectCommand({ Bucket: PLAN_BUCKET, Key: key });
  const list = await wiring.s3.send(command);
  const siteIds = JSON.parse((await list.Body?.transformToString()) ?? '');
  await createFillPlanner(wiring)({ siteIds, order });
}

export type ControlPlaneUnderTest = Awaited<ReturnType<typeof startControlPlane>>;

export const ENVIRONMENT = {
  FLEET_TABLE: 'fleet',
  TITLES_TABLE: 'titles',
  HEALTH_TABLE: 'health',
  CONTENT_BUCKET,
  PLAN_BUCKET,
  EVENT_BUS_NAME: 'default',
  SESSION_TOKEN_KEYS_SECRET: 'session-token-keys',
  FILL_PLAN_KEYS_SECRET: 'fill-plan-keys',
  OPERATOR_SECRET: 'operator',
  CLIENT_AUTHORITY_SECRET: 'client-authority',
  CERTIFICATE_DAYS: '30',
  TOKEN_ISSUER: 'https://play.test',
  TOKEN_LIFETIME_SECONDS: '7200',
  TOKEN_BOUND_TO_NETWORK: 'false',
  OCA_PATHWAYS_MAX: '3',
  STEERING_TTL_SECONDS: '5',
  REPORT_INTERVAL_SECONDS: '2',
  REPORT_LEASE_SECONDS: '6',
  PLAN_POLL_SECONDS: '5',
  DEPLOYMENT: 'test',
  METRICS_NAMESPACE: 'Test',
  METRICS_PER_OCA: 'true',
  PLAN_LIFETIME_HOURS: '72',
  CLOUDFRONT_URLS: 'https://cf-edge.test',
  PLAYBACK_URL: 'https://play.test',
  ENTITLEMENT_JWKS_URL: '',
  ENTITLEMENT_ISSUER: '',
  ENTITLEMENT_AUDIENCE: '',
};

const askerOf =
  (handler: HttpHandler) =>
  async <Body = Problem>(
    method: string,
    target: string,
    options: AskOptions = {},
  ): Promise<Answer<Body>> => {
    const { as, bearer, body, clientAddress = '203.0.113.9', headers = {} } = options;
    const [rawPath = '', rawQueryString = ''] = target.split('?');
    const result = await handler({
      rawPath,
      rawQueryString,
      headers: {
        ...headers,
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      isBase64Encoded: false,
      requestContext: {
        http: { method, sourceIp: clientAddress },
        ...(as === undefined ? {} : { authorizer: { lambda: authorizerContext(as) } }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const isJson = /json|steering-list/.test(result.headers['Content-Type'] ?? '');
    const json = (isJson ? JSON.parse(result.body) : undefined) as Body;
    return { status: result.statusCode, headers: result.headers, text: result.body, json };
  };

const authorizerContext = (as: string) =>
  as === OPERATOR
    ? { role: 'operator', name: 'sam', serial: SERIAL }
    : { role: 'oca', name: as, serial: SERIAL };

/** EventBridge's PutEvents, which keeps what it is sent. */
const recordingBus = (events: SentEvent[]): Server =>
  createServer(async (request, response) => {
    const { Entries } = (await json(request)) as { Entries: Record<string, string>[] };
    for (const { DetailType = '', Detail = '' } of Entries) {
      events.push({ 'detail-type': DetailType, detail: JSON.parse(Detail) });
    }
    response.setHeader('Content-Type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ FailedEntryCount: 0, Entries: [] }));
  });

const tableDefinition = (TableName: string) => ({
  TableName,
  AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S' as const,
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
});

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
