import { expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import { type DsseEnvelope, signEnvelope } from '#protocol/dsse.ts';
import { importSigningKey, makeSigningKey, type SigningKey } from '#protocol/key-document.ts';
import {
  followIntroductions,
  installedPlanKeys,
  introducePlanKeys,
} from '#protocol/plan-key-introduction.ts';

const keys = await Promise.all(Array.from({ length: 8 }, makeSigningKey));
const key = (index: number) => keys[index] as SigningKey;
const planKey = (index: number) => {
  const { d, ...publicHalf } = key(index);
  return { ...publicHalf, purpose: 'fill-plan' as const };
};
const signer = async (index: number) => ({
  kid: key(index).kid,
  privateKey: await importSigningKey(key(index)),
});

/** The keys `introduced`, signed by `signers`. */
const introduction = async (at: number, introduced: number[], ...signers: number[]) =>
  introducePlanKeys(
    { version: 1, issuedAt: epochMs(at), keys: introduced.map(planKey) },
    await Promise.all(signers.map(signer)),
  );

/** What three rotations leave behind: each key was next before it signed. */
const chain = await Promise.all([
  introduction(1, [1, 2, 0], 0, 1),
  introduction(2, [2, 3, 1], 1, 2),
  introduction(3, [3, 4, 2], 2, 3),
]);
const installed = (...indices: number[]) => installedPlanKeys(indices.map(planKey));
const kids = (indices: number[]) => indices.map((index) => key(index).kid);
const followed = async (trust: ReturnType<typeof installed>, envelopes: DsseEnvelope[]) => {
  const { issuedAt, keys: trusted } = await followIntroductions(trust, envelopes);
  return [issuedAt, trusted.map(({ kid }) => kid)];
};

test('an introduction that no trusted key signed is refused', async () => {
  const forged = await introduction(4, [5], 5);
  expect(await followed(installed(0, 1), [forged])).toEqual([0, kids([0, 1])]);
});

test('a forged link ends nothing: the chain goes on past it', async () => {
  const forged = await introduction(2, [5], 6);
  expect(
    await followed(installed(0), [chain[0], forged, ...chain.slice(1)] as DsseEnvelope[]),
  ).toEqual([3, kids([3, 4, 2])]);
});

test('a signature moved under another name, or onto another payload, is refused', async () => {
  const genuine = await introduction(4, [5], 0);
  const evil = await introduction(4, [6], 6);
  const renamed = {
    ...evil,
    signatures: evil.signatures.map(({ sig }) => ({ keyid: key(0).kid, sig })),
  };
  const swapped = { ...genuine, payload: evil.payload };
  expect(await followed(installed(0), [renamed, swapped])).toEqual([0, kids([0])]);
});

test('a key that has been replaced introduces nobody any more', async () => {
  const trust = await followIntroductions(installed(0, 1), chain);
  const late = await introduction(9, [5], 0);
  expect(await followIntroductions(trust, [late])).toEqual(trust);
});

test('nobody goes back to an earlier introduction', async () => {
  const trust = await followIntroductions(installed(0, 1), chain);
  const again = await introduction(2, [5, 6], 3);
  expect(await followIntroductions(trust, [again, ...chain])).toEqual(trust);
});

test('an introduction without keys, or of keys for sessions, changes nothing', async () => {
  const none = await introduction(4, [], 0);
  const sessionKey = { ...planKey(5), purpose: 'session-token' as const };
  const others = await introducePlanKeys({ version: 1, issuedAt: epochMs(5), keys: [sessionKey] }, [
    await signer(0),
  ]);
  expect(await followed(installed(0), [none, others])).toEqual([0, kids([0])]);
});

test('what a trusted key signed for another purpose introduces nobody', async () => {
  const payload = JSON.stringify({ version: 1, issuedAt: 4, keys: [planKey(5)] });
  const plan = await signEnvelope(
    'application/vnd.distributary.fill-plan+json;version=1',
    payload,
    await signer(0),
  );
  expect(await followed(installed(0), [plan])).toEqual([0, kids([0])]);
});

test.each([
  ['the key that signed first', [0]],
  ['the key that came next', [1]],
  ['the keys of the second period', [1, 2]],
  ['the key before the last', [2]],
])('whoever knows %s follows to the keys in force', async (_, known) => {
  expect(await followed(installed(...known), chain)).toEqual([3, kids([3, 4, 2])]);
});

test('only keys of fill plans are trusted from the start', () => {
  const sessionKey = { ...planKey(5), purpose: 'session-token' as const };
  expect(installedPlanKeys([planKey(0), sessionKey]).keys).toEqual([planKey(0)]);
});
