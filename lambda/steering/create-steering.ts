import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import type { OcaId, PathwayId } from '#domain/ids.ts';
import { orderPathways } from '#domain/steering/order-pathways.ts';
import { type SessionClaims, verifySessionToken } from '#domain/tokens/session-token.ts';
import { seconds } from '#domain/units.ts';
import { steeringManifest } from '#protocol/steering-manifest.ts';
import { baseUrl, positiveInteger } from '../shared/environment-reader.ts';
import { type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import { createHttpHandler, type HttpHandler, type Route } from '../shared/http-handler.ts';
import { faultOf, type Log } from '../shared/log.ts';
import { type OcaStatusReader, ocaStatuses } from '../shared/oca-statuses.ts';
import { type KeyRing, keyRing, type SecretReader } from '../shared/secrets.ts';
import { fleetStore } from '../shared/stores/fleet-store.ts';
import { healthStore } from '../shared/stores/health-store.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { Environment } from './environment.ts';

export interface SteeringDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly readSecret: SecretReader;
  readonly environment: Environment;
  readonly clock: Now;
  readonly log: Log;
}

interface SteeringContext {
  readonly statuses: OcaStatusReader;
  readonly sessionKeys: () => Promise<KeyRing>;
  readonly tokenIssuer: string;
  readonly ttlSeconds: number;
  readonly playbackUrl: string;
  readonly clock: Now;
  readonly log: Log;
}

type SteeringProtocol = 'dash' | 'hls';

/** Sources: ETSI TS 103 998, clause 5.3; draft-pantos-hls-rfc8216bis, section 7. */
const CONTENT_TYPE: Readonly<Record<SteeringProtocol, string>> = {
  dash: 'application/json',
  hls: 'application/vnd.apple.steering-list',
};

/** The steering service: tells running sessions where to go now. */
export const createSteering = (dependencies: SteeringDependencies): HttpHandler =>
  createHttpHandler(steeringRoutes(dependencies), dependencies.log);

export function steeringRoutes(dependencies: SteeringDependencies): readonly Route[] {
  const context = steeringContext(dependencies);
  return (['dash', 'hls'] as const).map((protocol) => ({
    method: 'GET',
    path: `/v1/steering/${protocol}`,
    isPublic: true,
    answer: (request) => steeringAnswer(context, request, protocol),
  }));
}

function steeringContext(dependencies: SteeringDependencies): SteeringContext {
  const { dynamoDb, readSecret, environment, clock, log } = dependencies;
  const integer = (name: keyof Environment) => positiveInteger(name, environment[name]);
  return {
    statuses: ocaStatuses({
      fleet: fleetStore(dynamoDb, environment.FLEET_TABLE),
      health: healthStore(dynamoDb, environment.HEALTH_TABLE),
      lease: seconds(integer('REPORT_LEASE_SECONDS')),
      clock,
    }),
    sessionKeys: keyRing(readSecret, environment.SESSION_TOKEN_KEYS_SECRET, clock),
    tokenIssuer: environment.TOKEN_ISSUER,
    ttlSeconds: integer('STEERING_TTL_SECONDS'),
    playbackUrl: baseUrl('PLAYBACK_URL', environment.PLAYBACK_URL),
    clock,
    log,
  };
}

/** What players say of themselves in the query is read by nobody, so that no spelling of it can fail. */
async function steeringAnswer(
  context: SteeringContext,
  request: HttpRequest,
  protocol: SteeringProtocol,
): Promise<HttpAnswer> {
  const token = request.query.get('session') ?? '';
  const claims = await requireSession(context, token);
  const manifest = steeringManifest({
    ttlSeconds: context.ttlSeconds,
    reloadUri: `${context.playbackUrl}/v1/steering/${protocol}?session=${token}`,
    pathways: await pathwaysNow(context, claims.pw ?? []),
  });
  return jsonAnswer(200, manifest, { 'Content-Type': CONTENT_TYPE[protocol] });
}

/** A player that is told nothing may stop for good, so that a store's failure leaves the session's own order in force. */
async function pathwaysNow(
  context: SteeringContext,
  sessionPathways: readonly PathwayId[],
): Promise<PathwayId[]> {
  try {
    const ocaIds = sessionPathways.filter((id): id is OcaId => id !== 'cloudfront');
    const statusById = await context.statuses(ocaIds);
    return orderPathways(
      sessionPathways,
      (id) => statusById.get(id as OcaId)?.state === 'in-service',
    );
  } catch (failure) {
    context.log('error', 'steering.blind', faultOf(failure));
    return orderPathways(sessionPathways, () => true);
  }
}

async function requireSession(context: SteeringContext, token: string): Promise<SessionClaims> {
  const { tokenIssuer: issuer, clock } = context;
  const { verificationKeys: keys } = await context.sessionKeys();
  const verdict = await verifySessionToken(token, { keys, issuer, now: clock.now() });
  if (verdict.ok) return verdict.claims;
  if (verdict.refusal === 'token-expired') {
    throw new CdnError('session-ended', 'the session has ended: begin a new one');
  }
  throw new CdnError(verdict.refusal, 'the session is not a valid token');
}
