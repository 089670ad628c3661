import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { epochMs } from '#domain/units.ts';
import type { DsseEnvelope } from '#protocol/dsse.ts';
import { introducePlanKeys } from '#protocol/plan-key-introduction.ts';
import { makeKey, type SigningKey } from '../fixtures/control-plane.ts';
import { openPlan } from '../fixtures/plans.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

let site: TestSite;
let installed: SigningKey;
let [second, third, fourth, mallory]: SigningKey[] = [];
beforeEach(async () => {
  [second, third, fourth, mallory] = await Promise.all(
    ['plan-2', 'plan-3', 'plan-4', 'mallory'].map((kid) => makeKey(kid, 'fill-plan')),
  );
  // The only key in the agent's configuration is the control plane's plan-1.
  site = await TestSite.start();
  installed = site.control.planKey;
});
afterEach(() => site.stop());

const introduction = (
  issuedAt: number,
  keys: readonly (SigningKey | undefined)[],
  signers: readonly (SigningKey | undefined)[],
): Promise<DsseEnvelope> =>
  introducePlanKeys(
    {
      version: 1,
      issuedAt: epochMs(issuedAt),
      keys: keys.flatMap((key) => key?.verification ?? []),
    },
    signers.flatMap((key) => key ?? []),
  );

const planVersion = async () => (await site.status()).fill.planVersion;
/** The agent is off while the control plane goes on. */
async function awayWhile(meanwhile: () => Promise<void>): Promise<void> {
  await site.stopAgent();
  await meanwhile();
  await site.startAgent();
}

test('a forged introduction opens the way to no plan', async () => {
  await site.control.offerPlan(openPlan(1, []));
  await until(async () => (await planVersion()) === 1, 'the genuine plan');
  await awayWhile(async () => {
    site.control.planKeyIntroductions = [await introduction(1, [mallory], [mallory])];
    await site.control.offerPlan(openPlan(2, []), mallory);
  });
  await until(() => site.events('fill.plan.refused').length, 'the refusal');
  expect(site.events('fill.plan-keys.refused')).toEqual([{ introductions: 1 }]);
  expect(site.events('fill.plan.refused')[0]).toEqual({ refusal: 'plan-signature' });
  expect(await planVersion()).toBe(1);
});

test('an agent that was off for a whole period follows to the keys in force, and keeps them', async () => {
  await awayWhile(async () => {
    site.control.planKeyIntroductions = [
      await introduction(1, [second, third, installed], [installed, second]),
    ];
    await site.control.offerPlan(openPlan(1, []), second);
  });
  await until(async () => (await planVersion()) === 1, 'the plan of the second key');
  await site.stopAgent();
  site.control.isDown = true;
  await site.startAgent();
  expect(await planVersion()).toBe(1);
  expect(site.events('fill.plan.unreadable')).toEqual([]);
});

test('two periods later the installed key is trusted no more', async () => {
  await awayWhile(async () => {
    site.control.planKeyIntroductions = [
      await introduction(1, [second, third, installed], [installed, second]),
      await introduction(2, [third, fourth, second], [second, third]),
    ];
    await site.control.offerPlan(openPlan(1, []), third);
  });
  await until(async () => (await planVersion()) === 1, 'the plan of the third key');
  await site.control.offerPlan(openPlan(2, []), installed);
  await until(() => site.events('fill.plan.refused').length, 'the refusal');
  expect(await planVersion()).toBe(1);
});

test('keys that an operator changes on the appliance come before introduced ones', async () => {
  await awayWhile(async () => {
    site.control.planKeyIntroductions = [await introduction(1, [second], [installed])];
    await site.control.offerPlan(openPlan(1, []), second);
  });
  await until(async () => (await planVersion()) === 1, 'the plan of the second key');
  await awayWhile(async () => {
    site.configure({ trustedPlanKeys: [fourth?.verification] });
    await site.control.offerPlan(openPlan(2, []), second);
  });
  await until(() => site.events('fill.plan.refused').length, 'the refusal');
  await site.control.offerPlan(openPlan(3, []), fourth);
  await until(async () => (await planVersion()) === 3, 'the plan of the key that was installed');
});
