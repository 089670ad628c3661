import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { importTokenKey, verifySessionToken } from '#domain/tokens/session-token.ts';
import { seconds } from '#domain/units.ts';
import { type KeyDocument, publicHalves } from '#protocol/key-document.ts';
import type { KeySet } from '#protocol/key-set.ts';
import { followIntroductions, installedPlanKeys } from '#protocol/plan-key-introduction.ts';
import { rotatedDocument } from '../../../lambda/key-rotation/rotated-document.ts';
import {
  type ControlPlaneUnderTest,
  OPERATOR,
  startControlPlane,
} from '../support/control-plane.ts';

let plane: ControlPlaneUnderTest;
let first: KeyDocument;
beforeEach(async () => {
  plane = await startControlPlane();
  first = await rotatedDocument({ keys: [] }, rules());
});
afterEach(() => plane.stop());

const rules = () => ({ now: plane.clock.now(), lifetime: seconds(72 * 3600) });
const month = seconds(30 * 24 * 3600);
const asked = async (query = '') =>
  (await plane.control<KeySet>('GET', `/v1/keys${query}`, { as: 'metro-1' })).json;
const planKeys = (document: KeyDocument) =>
  publicHalves(document).map((key) => ({ ...key, purpose: 'fill-plan' as const }));

test('keys that were never rotated have nobody to introduce them', async () => {
  plane.secrets['fill-plan-keys'] = JSON.stringify(first);
  expect((await asked()).planKeyIntroductions).toEqual([]);
});

test('an appliance that knows the first keys learns those in force from the answer', async () => {
  let document = first;
  for (let rotation = 0; rotation < 3; rotation += 1) {
    plane.clock.advance(month);
    document = await rotatedDocument(document, rules());
  }
  plane.secrets['fill-plan-keys'] = JSON.stringify(document);
  const { keys, planKeyIntroductions = [] } = await asked();
  const trust = await followIntroductions(installedPlanKeys(planKeys(first)), planKeyIntroductions);
  expect(trust.keys).toEqual(keys.filter(({ purpose }) => purpose === 'fill-plan'));
  expect(trust.keys).toEqual(planKeys(document));
  expect(JSON.stringify(planKeyIntroductions)).not.toContain('"d"');
});

test('introductions that an appliance knows are not told again', async () => {
  plane.clock.advance(month);
  const second = await rotatedDocument(first, rules());
  const issuedAt = plane.clock.now();
  plane.clock.advance(month);
  plane.secrets['fill-plan-keys'] = JSON.stringify(await rotatedDocument(second, rules()));
  expect((await asked(`?introducedAfter=${issuedAt - 1}`)).planKeyIntroductions).toHaveLength(2);
  expect((await asked(`?introducedAfter=${issuedAt}`)).planKeyIntroductions).toHaveLength(1);
  expect((await asked('?introducedAfter=soon')).planKeyIntroductions).toEqual([]);
});

test('where sessions are bound to networks, an OCA gets a token of its own for the upstream, and nobody else', async () => {
  expect(await asked()).not.toHaveProperty('upstreamToken');
  await plane.stop();
  plane = await startControlPlane({ TOKEN_BOUND_TO_NETWORK: 'true' });
  const { keys, upstreamToken = '' } = await asked();
  const [{ kid, x } = { kid: '', x: '' }] = keys;
  const verdict = await verifySessionToken(upstreamToken, {
    keys: new Map([[kid, await importTokenKey(x)]]),
    issuer: 'https://play.test',
    now: plane.clock.now(),
  });
  expect(verdict).toMatchObject({ ok: true, claims: { sid: 'oca:metro-1', p: ['/content/'] } });
  const operator = await plane.control<KeySet>('GET', '/v1/keys', { as: OPERATOR });
  expect(operator.json).not.toHaveProperty('upstreamToken');
});
