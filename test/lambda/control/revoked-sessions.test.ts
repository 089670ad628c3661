import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import type { ReportReceipt } from '#protocol/oca-report.ts';
import {
  REVOKED_SESSIONS_MAX,
  type RevokedSession,
  type RevokedSessionList,
} from '#protocol/revoked-sessions.ts';
import { DURATION_SECONDS_MAX } from '#protocol/title-catalog.ts';
import { revokedSessionStore } from '../../../lambda/shared/stores/revoked-session-store.ts';
import { batchWrite } from '../../../lambda/shared/stores/tables.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';
import { declareSites, registration, report } from '../support/fleet.ts';

const DAY_MS = 86_400_000;
const LIST = '/v1/revoked-sessions';
const as = OPERATOR;
let plane: ControlPlaneUnderTest;
let sequence = 0;
beforeAll(async () => {
  plane = await startControlPlane();
  await declareSites(plane);
  const body = registration('metro-1', 'isp-metro');
  await plane.control('PUT', '/v1/ocas/metro-1', { as: 'metro-1', body });
});
afterAll(() => plane.stop());

const revoke = (sessionId: string, body: unknown = { reason: 'account closed' }) =>
  plane.control<RevokedSession>('PUT', `${LIST}/${sessionId}`, { as, body });
const codeOf = async (answer: Promise<{ json: unknown }>) =>
  ((await answer).json as { code?: string }).code;
const list = async (asker = OPERATOR) =>
  (await plane.control<RevokedSessionList>('GET', LIST, { as: asker })).json;
const ids = async () => (await list()).sessions.map(({ sessionId }) => sessionId);

/** The mark in the answer to a report, once what an instance remembers is over. */
async function mark(): Promise<number | undefined> {
  plane.clock.advance(1001);
  sequence += 1;
  const options = { as: 'metro-1', body: report('metro-1', { sequence }) };
  const target = '/v1/ocas/metro-1/reports';
  return (await plane.control<ReportReceipt>('POST', target, options)).json.revokedSessionsRevision;
}

test('what is no session’s id, a missing reason, and an OCA that revokes are refused, and nothing changes', async () => {
  expect(await codeOf(revoke('-x'))).toBe('request-invalid');
  expect(await codeOf(revoke('x'.repeat(129)))).toBe('request-invalid');
  expect(await codeOf(revoke('a', { reason: ' ' }))).toBe('message-invalid');
  const byOca = { as: 'metro-1', body: { reason: 'x' } };
  expect(await codeOf(plane.control('PUT', `${LIST}/a`, byOca))).toBe('forbidden');
  expect(await list()).toEqual({ revision: 0, sessions: [] });
  expect(await mark()).toBe(0);
});

test('a revoked session stands on the list until every token of it is over, and reports carry another mark', async () => {
  const before = await mark();
  const { status, json } = await revoke('session-1');
  expect([status, json.sessionId, json.reason]).toEqual([200, 'session-1', 'account closed']);
  expect(json.expiresAt - json.revokedAt).toBe((7200 + DURATION_SECONDS_MAX + 30) * 1000);
  expect(await mark()).toBe((before ?? 0) + 1);
  expect(await list()).toEqual({ revision: (before ?? 0) + 1, sessions: [json] });
  plane.clock.advance(12 * DAY_MS);
  expect(await ids()).toEqual([]);
});

test('appliances read the same list without reasons, and their own tokens can be revoked', async () => {
  await revoke('oca:metro-2');
  const { sessions, revision } = await list('metro-1');
  expect(sessions).toEqual([
    { sessionId: 'oca:metro-2', revokedAt: expect.any(Number), expiresAt: expect.any(Number) },
  ]);
  expect(await mark()).toBe(revision);
});

test('a session that is allowed again leaves the list, and the mark differs again', async () => {
  const before = await mark();
  const remove = () => plane.control('DELETE', `${LIST}/oca:metro-2`, { as });
  expect((await remove()).status).toBe(204);
  expect(await mark()).not.toBe(before);
  expect(await ids()).toEqual([]);
});

test('another instance’s changes are seen: the list is read anew whenever its revision is another', async () => {
  expect(await ids()).toEqual([]);
  const other = revokedSessionStore(plane.dynamoDb, 'fleet', plane.clock);
  const revokedAt = plane.clock.now();
  const expiresAt = epochMs(revokedAt + DAY_MS);
  await other.revoke({ sessionId: 'elsewhere', revokedAt, expiresAt, reason: 'x' });
  expect(await ids()).toEqual(['elsewhere']);
  await other.allow('elsewhere');
  expect(await ids()).toEqual([]);
});

test('a full list says how many it takes; what stands there may be revoked again', async () => {
  const now = plane.clock.now();
  const full = Array.from({ length: REVOKED_SESSIONS_MAX - 1 }, (_, index) => ({
    pk: 'revoked-sessions',
    sk: `many-${index}`,
    reason: 'x',
    revokedAt: now,
    expiresAt: now + DAY_MS,
  }));
  await batchWrite(plane.dynamoDb, 'fleet', { puts: full });
  expect((await revoke('last')).status).toBe(200);
  const refused = await plane.control('PUT', `${LIST}/one-more`, { as, body: { reason: 'x' } });
  expect([refused.status, refused.json.code]).toEqual([409, 'list-full']);
  expect(refused.json.detail).toContain(`takes ${REVOKED_SESSIONS_MAX}`);
  expect((await revoke('last')).status).toBe(200);
  plane.clock.advance(2 * DAY_MS);
  expect((await revoke('one-more')).status).toBe(200);
});
