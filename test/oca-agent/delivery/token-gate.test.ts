import { beforeEach, expect, test } from '@jest/globals';
import { type SessionClaims, signSessionToken } from '#domain/tokens/session-token.ts';
import { importKeys } from '#protocol/key-set.ts';
import { TokenGate } from '../../../oca-agent/delivery/token-gate.ts';
import { makeKey, type SigningKey } from '../fixtures/control-plane.ts';
import { ManualClock } from '../fixtures/manual-clock.ts';

const PATH = '/content/title-1/video.mp4';
const CLIENT = '198.51.100.7';
const clock = new ManualClock();
let key: SigningKey;
let gate: TokenGate;
let verified: [string, SessionClaims][];
let revoked: (readonly string[])[];

beforeEach(async () => {
  key = await makeKey('token-1', 'session-token');
  gate = new TokenGate(clock);
  verified = [];
  revoked = [];
  gate.onVerified = (token, claims) => verified.push([token, claims]);
  gate.onRevoked = (sessionIds) => revoked.push(sessionIds);
  gate.trust(await keysOf(key), 'test');
});

const keysOf = (signing: SigningKey) => importKeys([signing.verification], 'session-token');
function tokenOf(sid: string, changes: Partial<SessionClaims> = {}): Promise<string> {
  const iat = Math.floor(clock.now() / 1000);
  const whole = { iss: 'test', sid, iat, exp: iat + 3600, p: ['/content/title-1/'], ...changes };
  return signSessionToken(whole, key);
}
const refusalOf = async (token: string) => {
  const verdict = await gate.admit(token, PATH, CLIENT);
  return verdict.ok ? 'none' : verdict.refusal;
};

test('a revoked session is refused, also by a token that was verified before, and others are not', async () => {
  const [mine, other] = [await tokenOf('mine'), await tokenOf('other')];
  expect([await refusalOf(mine), await refusalOf(other)]).toEqual(['none', 'none']);
  gate.revoke(['mine']);
  expect([await refusalOf(mine), await refusalOf(other)]).toEqual(['token-revoked', 'none']);
  expect(await refusalOf(await tokenOf('mine', { nbf: 1 }))).toBe('token-revoked');
});

test('that a session is revoked is told to nobody whose token is not genuine', async () => {
  gate.revoke(['mine']);
  const token = await tokenOf('mine');
  expect(await refusalOf(`${token.slice(0, -8)}AAAAAAAA`)).not.toBe('token-revoked');
});

test('who listens hears of a token once, when it is first verified, whatever is asked for with it', async () => {
  const token = await tokenOf('mine', { p: ['/content/title-2/'] });
  await Promise.all([refusalOf(token), refusalOf(token), refusalOf(token)]);
  await refusalOf(token);
  expect(verified).toEqual([[token, expect.objectContaining({ sid: 'mine' })]]);
  await refusalOf('a.b.c');
  expect(verified).toHaveLength(1);
});

test('who listens hears which sessions became revoked, each once', async () => {
  gate.revoke(['a', 'b']);
  gate.revoke(['a', 'b']);
  gate.revoke(['b', 'c']);
  gate.revoke([]);
  expect(revoked).toEqual([['a', 'b'], ['c']]);
});

test('a token of a revoked session is not told as verified until the session is allowed again', async () => {
  const [before, fresh] = [await tokenOf('mine'), await tokenOf('mine', { nbf: 1 })];
  await refusalOf(before);
  gate.revoke(['mine']);
  await Promise.all([refusalOf(before), refusalOf(fresh)]);
  expect(verified.map(([token]) => token)).toEqual([before]);
  gate.revoke([]);
  expect([await refusalOf(before), await refusalOf(fresh)]).toEqual(['none', 'none']);
  expect(verified.map(([token]) => token)).toEqual([before, before, fresh]);
});

test('a token that was being verified while the keys changed is not remembered as genuine', async () => {
  const token = await tokenOf('mine');
  const asked = refusalOf(token);
  gate.trust(await keysOf(await makeKey('token-2', 'session-token')), 'test');
  await asked;
  expect(await refusalOf(token)).toBe('token-key-unknown');
});
