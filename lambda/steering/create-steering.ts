import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import { isCloudFrontId, type OcaId, type PathwayId } from '#domain/ids.ts';
import { orderPathways } from '#domain/steering/order-pathways.ts';
import { type SessionClaims, verifySessionToken } from '#domain/tokens/session-token.ts';
import { seconds } from '#domain/units.ts';
import { steeringManifest } from '#protocol/steering-manifest.ts';
import { within } from '../shared/deadline.ts';
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
  /** Whether each OCA was in service when the store last told. */
  readonly lastKnown: Map<OcaId, boolean>;
  readonly sessionKeys: () => Promise<KeyRing>;
  readonly tokenIssuer: string;
  readonly ttlSeconds: number;
  readonly playbackUrl: string;
  readonly clock: Now;
  readonly log: Log;
}

/** A steering answer that takes longer is late for the player's next segment. *Assumption.* */
const STORE_DEADLINE = seconds(1);
const LAST_KNOWN_MAX = 20_000;

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
    lastKnown: new Map(),
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

/**
 * The session's pathways to be used now. A player that waits, or is told nothing, may stop for good: so when the store
 * fails or dawdles, what was last known of each OCA counts, and one that nothing is known of counts as in service.
 */
async function pathwaysNow(
  context: SteeringContext,
  sessionPathways: readonly PathwayId[],
): Promise<PathwayId[]> {
  const { lastKnown, log } = context;
  const ocaIds = sessionPathways.filter((id): id is OcaId => !isCloudFrontId(id));
  try {
    const statusById = await within(STORE_DEADLINE, context.statuses(ocaIds));
    if (lastKnown.size > LAST_KNOWN_MAX) lastKnown.clear();
    for (const [ocaId, { state }] of statusById) lastKnown.set(ocaId, state === 'in-service');
  } catch (failure) {
    log('error', 'steering.blind', faultOf(failure));
  }
  return orderPathways(sessionPathways, (id) => lastKnown.get(id) ?? true);
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
