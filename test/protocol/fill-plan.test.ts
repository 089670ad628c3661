import { beforeAll, expect, test } from '@jest/globals';
import type { AssetId, OcaId, TitleId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import { signEnvelope } from '#protocol/dsse.ts';
import {
  acceptFillPlan,
  FILL_PLAN_TYPE,
  type FillPlan,
  signFillPlan,
} from '#protocol/fill-plan.ts';

const plan: FillPlan = {
  version: 1,
  ocaId: 'metro-1' as OcaId,
  planVersion: 7,
  issuedAt: epochMs(1000),
  expiresAt: epochMs(9000),
  window: { startsAt: epochMs(1000), endsAt: epochMs(5000) },
  items: [
    {
      assetId: 'a'.repeat(64) as AssetId,
      titleId: 'city' as TitleId,
      file: 'video.mp4',
      sizeBytes: bytes(5),
      contentType: 'video/mp4',
      etag: '"e"',
      tier: 'flash',
      priority: 3,
    },
  ],
};

let keys: CryptoKeyPair;
const signer = () => ({ kid: 'plan-1', privateKey: keys.privateKey });
const rules = (changes: object = {}) => ({
  trustedKeys: new Map([['plan-1', keys.publicKey]]),
  ocaId: plan.ocaId,
  planVersionInForce: 7,
  now: epochMs(2000),
  ...changes,
});

beforeAll(async () => {
  keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
});

test('a signed plan for this OCA, not older and not expired, is accepted', async () => {
  expect(await acceptFillPlan(await signFillPlan(plan, signer()), rules())).toEqual({
    ok: true,
    plan,
  });
});

test.each([
  ['plan-signature', { trustedKeys: new Map() }],
  ['plan-audience', { ocaId: 'metro-2' as OcaId }],
  ['plan-rollback', { planVersionInForce: 8 }],
  ['plan-expired', { now: epochMs(9000) }],
])('%s: it is refused otherwise', async (refusal, changes) => {
  const verdict = await acceptFillPlan(await signFillPlan(plan, signer()), rules(changes));
  expect(verdict).toEqual({ ok: false, refusal });
});

test('a genuine signature over something that is no plan does not make it one', async () => {
  const envelope = await signEnvelope(FILL_PLAN_TYPE, '{"version":1}', signer());
  expect(await acceptFillPlan(envelope, rules())).toEqual({
    ok: false,
    refusal: 'message-invalid',
  });
});

test('an item that names a path outside its title is refused', async () => {
  const evil = {
    ...plan,
    items: plan.items.map((item) => ({ ...item, file: '../../etc/passwd' })),
  };
  const verdict = await acceptFillPlan(await signFillPlan(evil, signer()), rules());
  expect(verdict).toEqual({ ok: false, refusal: 'message-invalid' });
});
