import { afterEach, expect, test } from '@jest/globals';
import { seededBytes } from '../fixtures/bytes.ts';
import { TestSite } from '../fixtures/test-agent.ts';
import { until } from '../fixtures/until.ts';

let site: TestSite;
afterEach(() => site.stop());

async function startSite(): Promise<void> {
  site = await TestSite.start({ config: { tokens: 'required' } });
  site.cloudFront.put('title-1', 'video.mp4', seededBytes(1, 1000));
}

/** `200`, or the code of the refusal. */
async function ask(token: string): Promise<string> {
  const answer = await site.get(`/~${token}/content/title-1/video.mp4`);
  const body = await answer.text();
  return answer.status === 200 ? '200' : `${answer.status} ${JSON.parse(body).code}`;
}
const fetched = () => site.events('control.revocations.fetched').length;

test('a session that is revoked while it plays is refused after the next report, and others play on', async () => {
  await startSite();
  const [mine, other] = await Promise.all([
    site.control.token(['title-1'], { sid: 'mine' }),
    site.control.token(['title-1'], { sid: 'other' }),
  ]);
  expect([await ask(mine), await ask(other)]).toEqual(['200', '200']);
  site.control.revoke('mine');
  await until(() => fetched() === 1, 'the list');
  expect([await ask(mine), await ask(other)]).toEqual(['401 token-revoked', '200']);
  site.control.revoke();
  await until(() => fetched() === 2, 'the empty list');
  expect(await ask(mine)).toBe('200');
});

test('the list is fetched when its mark has changed, and not with every report', async () => {
  await startSite();
  site.control.revoke('mine');
  await until(() => fetched() === 1, 'the list');
  const reports = site.control.reports.length;
  await until(() => site.control.reports.length > reports + 1, 'two more reports');
  expect(site.control.calls.filter((call) => call.endsWith('/v1/revoked-sessions'))).toHaveLength(
    1,
  );
});

test('a restart without a control plane refuses what was revoked before', async () => {
  await startSite();
  const token = await site.control.token(['title-1'], { sid: 'mine' });
  site.control.revoke('mine');
  await until(() => fetched() === 1, 'the list');
  await site.stopAgent();
  site.control.isDown = true;
  await site.startAgent();
  expect(await ask(token)).toBe('401 token-revoked');
});

test('a list that cannot be fetched is asked for again, and reports go on meanwhile', async () => {
  await startSite();
  const token = await site.control.token(['title-1'], { sid: 'mine' });
  site.control.areRevokedSessionsBroken = true;
  site.control.revoke('mine');
  await until(() => site.events('control.revocations.unavailable').length >= 2, 'two tries');
  expect(site.events('control.link.lost')).toEqual([]);
  expect(await ask(token)).toBe('200');
  site.control.areRevokedSessionsBroken = false;
  await until(() => fetched() === 1, 'the list');
  expect(await ask(token)).toBe('401 token-revoked');
});
