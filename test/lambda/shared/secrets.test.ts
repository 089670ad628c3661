import { expect, test } from '@jest/globals';
import { signSessionToken, verifySessionToken } from '#domain/tokens/session-token.ts';
import { keyRing, operatorDigests, publishedKeys } from '../../../lambda/shared/secrets.ts';
import { handTurnedClock } from '../support/hand-turned-clock.ts';
import { keySecret } from '../support/key-secret.ts';

const keysOf = (...secrets: string[]) =>
  JSON.stringify({ keys: secrets.flatMap((secret) => JSON.parse(secret).keys) });

test.each([
  ['nothing', ''],
  ['what is not JSON', 'hunter2'],
  ['a key without its private half', keySecret('a').replace(/"d":"[^"]*"/, '"d":1')],
  ['no key', '{"keys":[]}'],
])('a secret that holds %s is refused without being quoted', async (_, secret) => {
  const clock = handTurnedClock();
  const failure = await keyRing(async () => secret, 'the-secret', clock)().catch(
    (thrown) => thrown,
  );
  expect(failure.code).toBe('config-invalid');
  expect(failure.message).toContain('the-secret');
  expect(failure.message).not.toContain('hunter2');
});

test('the first key signs and all verify, so that a rotation breaks no session', async () => {
  const clock = handTurnedClock();
  const [old, fresh] = [keySecret('old'), keySecret('fresh')];
  let secret = keysOf(old);
  const ring = keyRing(async () => secret, 'keys', clock);
  const now = clock.now();
  const claims = {
    iss: 'us',
    sid: 's',
    iat: now / 1000,
    exp: now / 1000 + 7200,
    p: ['/content/city/'],
  };
  const token = await signSessionToken(claims, (await ring()).signingKey);
  secret = keysOf(fresh, old);
  expect((await ring()).signingKey.kid).toBe('old');
  clock.advance(300_000);
  const rotated = await ring();
  expect(rotated.signingKey.kid).toBe('fresh');
  expect(publishedKeys(rotated, 'session-token').map((key) => key.kid)).toEqual(['fresh', 'old']);
  const rules = { keys: rotated.verificationKeys, issuer: 'us', now: clock.now() };
  expect((await verifySessionToken(token, rules)).ok).toBe(true);
  secret = keysOf(fresh);
  clock.advance(300_000);
  const { verificationKeys: keys } = await ring();
  expect(await verifySessionToken(token, { ...rules, keys })).toEqual({
    ok: false,
    refusal: 'token-key-unknown',
  });
});

test('an operator’s digest must be one', async () => {
  const read = async () => '{"credentialDigests":["abc"]}';
  await expect(operatorDigests(read, 'operator', handTurnedClock())()).rejects.toMatchObject({
    code: 'config-invalid',
  });
});
