import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import type { KeyDocument } from '#protocol/key-document.ts';
import { makeSigningKey, publicHalves } from '#protocol/key-document.ts';
import { followIntroductions, installedPlanKeys } from '#protocol/plan-key-introduction.ts';
import {
  createKeyRotation,
  type RotationEvent,
} from '../../../lambda/key-rotation/create-key-rotation.ts';
import { SecretVersions } from '../../../local/secrets/secret-versions.ts';
import { secretVersionsServer } from '../../../local/secrets/secrets-server.ts';
import { awsOptions, listening } from '../../local/listening.ts';
import { handTurnedClock } from '../support/hand-turned-clock.ts';

const NAME = 'cdn/fill-plan-keys';
const MONTH_MS = 30 * 24 * 3_600_000;
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

let secret: SecretVersions;
let close: () => Promise<void>;
let client: SecretsManagerClient;
let clock: ReturnType<typeof handTurnedClock>;
let logged: string[];
beforeEach(() => start('{"keys":[]}'));
afterEach(stop);

async function start(value: string): Promise<void> {
  secret = new SecretVersions(value);
  const server = await listening(secretVersionsServer(new Map([[NAME, secret]])));
  close = server.close;
  client = new SecretsManagerClient(awsOptions(server.url));
  clock = handTurnedClock();
  logged = [];
}

async function stop(): Promise<void> {
  client.destroy();
  await close();
}

async function restart(value: string): Promise<void> {
  await stop();
  await start(value);
}

const step = (Step: RotationEvent['Step'], ClientRequestToken: string) =>
  createKeyRotation({
    client,
    clock,
    environment: { PLAN_LIFETIME_HOURS: '72' },
    log: (_level, event) => logged.push(event),
  })({ Step, SecretId: NAME, ClientRequestToken });

/** What Secrets Manager does for RotateSecret: a version without a value first, then each step. */
async function rotate(token: string = randomUUID()): Promise<KeyDocument> {
  secret.moveStage('AWSPENDING', token);
  for (const name of STEPS) await step(name, token);
  return current();
}

const current = (): KeyDocument => JSON.parse(secret.read({ stage: 'AWSCURRENT' }).value);
const kids = (document: KeyDocument) => document.keys.map(({ kid }) => kid);
const asPlanKeys = (document: KeyDocument) =>
  publicHalves(document).map((key) => ({ ...key, purpose: 'fill-plan' as const }));

test('a step that there is none of is refused', async () => {
  await expect(step('dropSecret' as never, 't')).rejects.toMatchObject({ code: 'message-invalid' });
});

test('a version that this rotation did not begin is not finished', async () => {
  await expect(step('finishSecret', 'unknown')).rejects.toMatchObject({ code: 'config-invalid' });
});

test('keys that cannot be used are never put in force', async () => {
  const before = await rotate();
  const [one, other] = [await makeSigningKey(), await makeSigningKey()];
  const faulty = [
    { keys: [one] },
    { keys: [one, { ...other, d: one.d }] },
    // Genuine pairs, but no appliance would come to know them.
    { keys: [one, other], rotatedAt: clock.now() },
  ];
  for (const document of faulty) {
    const token = randomUUID();
    const value = JSON.stringify(document);
    secret.put({ versionId: token, value, stages: ['AWSPENDING'] });
    await expect(step('testSecret', token)).rejects.toMatchObject({ code: 'config-invalid' });
  }
  expect(current()).toEqual(before);
});

test('what is no document of keys is refused without being quoted', async () => {
  await restart('hunter2');
  const failure = await rotate().catch((thrown) => thrown);
  expect(failure.code).toBe('config-invalid');
  expect(failure.message).not.toContain('hunter2');
});

test('an empty secret gets a key that signs and a next one', async () => {
  const document = await rotate();
  expect(new Set(kids(document)).size).toBe(2);
  expect(document).toMatchObject({ rotatedAt: clock.now() });
  expect(document.introductions).toBeUndefined();
});

test('a month later the next key signs, and the one before goes on verifying', async () => {
  const first = await rotate();
  clock.advance(MONTH_MS);
  const second = await rotate();
  expect(kids(second)).toEqual([kids(first)[1], expect.any(String), kids(first)[0]]);
  expect(logged.filter((event) => event === 'keys.rotated')).toHaveLength(2);
});

test('every step may be repeated', async () => {
  const first = await rotate();
  clock.advance(MONTH_MS);
  const token = randomUUID();
  secret.moveStage('AWSPENDING', token);
  for (const name of STEPS) {
    await step(name, token);
    const after = current();
    await step(name, token);
    expect(current()).toEqual(after);
  }
  await step('createSecret', token);
  expect(kids(current())[0]).toBe(kids(first)[1]);
});

test('a rotation that comes too soon for the plans in force changes nothing', async () => {
  const first = await rotate();
  clock.advance(71 * 3_600_000);
  expect(await rotate()).toEqual(first);
  expect(logged).toContain('keys.rotated-too-soon');
});

test('a secret with one key keeps it signing until the next one is known', async () => {
  const old = await makeSigningKey();
  await restart(JSON.stringify({ keys: [old] }));
  const document = await rotate();
  expect(kids(document)).toEqual([old.kid, expect.any(String)]);
  const known = installedPlanKeys(asPlanKeys({ keys: [old] }));
  const chain = (document.introductions ?? []).map(({ envelope }) => envelope);
  expect((await followIntroductions(known, chain)).keys).toEqual(asPlanKeys(document));
});

test('years of rotations keep two years of introductions, all of them genuine', async () => {
  let installed = await rotate();
  for (let month = 1; month <= 30; month += 1) {
    clock.advance(MONTH_MS);
    const document = await rotate();
    if (month === 7) installed = document;
  }
  const last = current();
  expect(last.keys).toHaveLength(3);
  expect(last.introductions).toHaveLength(24);
  expect(JSON.stringify(last).length).toBeLessThan(65_536);
  const chain = (last.introductions ?? []).map(({ envelope }) => envelope);
  const trust = await followIntroductions(installedPlanKeys(asPlanKeys(installed)), chain);
  expect(trust).toEqual({ issuedAt: epochMs(clock.now()), keys: asPlanKeys(last) });
});
