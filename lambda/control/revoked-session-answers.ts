import { CdnError } from '#domain/errors.ts';
import { CLOCK_SKEW_SECONDS } from '#domain/tokens/session-token.ts';
import { after, seconds } from '#domain/units.ts';
import { object, text } from '#protocol/decode.ts';
import {
  type RevokedSession,
  type RevokedSessionList,
  SESSION_ID_PATTERN,
} from '#protocol/revoked-sessions.ts';
import { DURATION_SECONDS_MAX } from '#protocol/title-catalog.ts';
import { callerOf, requireOperator } from '../shared/caller.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import type { ControlContext } from './context.ts';

const REVOCATION_BYTES_MAX = 4096;
const revocation = object({ reason: text({ pattern: /\S/, lengthMax: 256 }) });

/** `GET /v1/revoked-sessions`: for appliances, which are not told the reasons, and for operators. */
export async function revokedAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { identity } = callerOf(request);
  const list = await context.revokedSessions.list();
  return jsonAnswer(200, identity.role === 'operator' ? list : withoutReasons(list));
}

/** `PUT /v1/revoked-sessions/{sessionId}`: its tokens open nothing any more; appliances hear of it at their next report. */
export async function revokeAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const caller = requireOperator(request);
  const sessionId = sessionIdOf(request);
  const { reason } = decodeBody(request, revocation, REVOCATION_BYTES_MAX);
  const revokedAt = context.clock.now();
  const expiresAt = after(revokedAt, lifetimeMax(context));
  const revoked: RevokedSession = { sessionId, revokedAt, expiresAt, reason };
  await context.revokedSessions.revoke(revoked);
  context.log('info', 'session.revoked', { sessionId, reason, by: caller.serial });
  return jsonAnswer(200, revoked);
}

/** `DELETE /v1/revoked-sessions/{sessionId}`: takes it back. */
export async function unrevokeAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const caller = requireOperator(request);
  const sessionId = sessionIdOf(request);
  await context.revokedSessions.allow(sessionId);
  context.log('info', 'session.allowed', { sessionId, by: caller.serial });
  return { status: 204, headers: { 'Cache-Control': 'no-store' }, body: '' };
}

/** How long a token that was signed a moment ago may still open something. An appliance's tokens live shorter. */
const lifetimeMax = ({ settings }: ControlContext) =>
  seconds(settings.tokenLifetimeSeconds + DURATION_SECONDS_MAX + CLOCK_SKEW_SECONDS);

const withoutReasons = ({ revision, sessions }: RevokedSessionList): RevokedSessionList => ({
  revision,
  sessions: sessions.map(({ reason, ...told }) => told),
});

function sessionIdOf({ parameters: { sessionId = '' } }: HttpRequest): string {
  if (SESSION_ID_PATTERN.test(sessionId)) return sessionId;
  throw new CdnError(
    'request-invalid',
    `sessionId: expected 1 to 128 of A-Z a-z 0-9 : . _ and -, found ${sessionId}`,
  );
}
