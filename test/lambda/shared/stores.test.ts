import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AssetId, OcaId, SiteId, TitleId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import type { OcaRegistration } from '#protocol/oca-registration.ts';
import type { Site } from '#protocol/site.ts';
import { fleetDirectory } from '../../../lambda/shared/fleet-directory.ts';
import { type FleetStore, fleetStore } from '../../../lambda/shared/stores/fleet-store.ts';
import { holdingKey, holdingsStore } from '../../../lambda/shared/stores/holdings-store.ts';
import { type ControlPlaneUnderTest, startControlPlane } from '../support/control-plane.ts';
import { assetIdOf, registration, SITES } from '../support/fleet.ts';
import { handTurnedClock } from '../support/hand-turned-clock.ts';

let plane: ControlPlaneUnderTest;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

const METRO_1 = 'metro-1' as OcaId;
const held = (titleId: string, names: readonly string[], sizeBytes = names.length) => ({
  titleId: titleId as TitleId,
  assetIds: names.map((name) => assetIdOf(name) as AssetId),
  publishedAt: epochMs(1),
  heldBytes: async () => bytes(sizeBytes),
});

test('more OCAs than one batch holds are read at once, and unknown ones are absent', async () => {
  const fleet = fleetStore(plane.dynamoDb, 'fleet');
  const ocaIds = Array.from({ length: 230 }, (_, index) => `oca-${index}` as OcaId);
  const known = ocaIds.filter((_, index) => index % 2 === 0);
  for (const ocaId of known)
    await fleet.register(registration(ocaId, 'site') as unknown as OcaRegistration);
  const records = await fleet.ocas(ocaIds);
  expect([...records.keys()].toSorted()).toEqual(known.toSorted());
  expect(records.get('oca-228' as OcaId)).toMatchObject({
    desiredState: 'in-service',
    registration: { ocaId: 'oca-228' },
  });
});

test('a plan that is older than the one noted is not noted', async () => {
  const fleet = fleetStore(plane.dynamoDb, 'fleet');
  const planVersion = async () => (await fleet.ocas([METRO_1])).get(METRO_1)?.plan?.planVersion;
  await fleet.notePlan(METRO_1, { planVersion: 7, expiresAt: epochMs(70) });
  await fleet.notePlan(METRO_1, { planVersion: 6, expiresAt: epochMs(60) });
  expect(await planVersion()).toBe(7);
  await fleet.notePlan(METRO_1, { planVersion: 8, expiresAt: epochMs(80) });
  expect(await planVersion()).toBe(8);
});

test('an inventory replaces the one before it, title by title', async () => {
  const holdings = holdingsStore(plane.dynamoDb, 'health');
  const titles = Array.from({ length: 60 }, (_, index) =>
    held(`title-${index}`, [`${index}/a`, `${index}/b`]),
  );
  const keyOf = (index: number) => holdingKey(METRO_1, `title-${index}` as TitleId);
  await holdings.replace(METRO_1, titles);
  const before = await holdings.holdings([keyOf(0), keyOf(59), keyOf(99)]);
  expect([...before.keys()]).toHaveLength(2);
  expect(before.get(keyOf(59))?.holds(assetIdOf('59/b') as AssetId)).toBe(true);
  expect(before.get(keyOf(59))?.holds(assetIdOf('59/c') as AssetId)).toBe(false);
  await holdings.replace(METRO_1, [held('title-59', ['59/c'])]);
  const after = await holdings.holdings([keyOf(0), keyOf(59)]);
  expect([...after.keys()]).toEqual([keyOf(59)]);
  expect(after.get(keyOf(59))).toMatchObject({
    heldBytes: 1,
    titleId: 'title-59',
    ocaId: 'metro-1',
  });
  expect(after.get(keyOf(59))?.holds(assetIdOf('59/b') as AssetId)).toBe(false);
});

test('a title that did not change is not measured again, unless it was published anew', async () => {
  const holdings = holdingsStore(plane.dynamoDb, 'health');
  const ocaId = 'metro-2' as OcaId;
  const measured: string[] = [];
  const counting = (publishedAt: number) => ({
    ...held('city', ['a']),
    publishedAt: epochMs(publishedAt),
    heldBytes: async () => bytes(measured.push('city')),
  });
  await holdings.replace(ocaId, [counting(1)]);
  await holdings.replace(ocaId, [counting(1)]);
  expect(measured).toHaveLength(1);
  await holdings.replace(ocaId, [counting(2)]);
  expect(measured).toHaveLength(2);
});

test('among thousands of assets each is found and no other', async () => {
  const holdings = holdingsStore(plane.dynamoDb, 'health');
  const names = Array.from({ length: 5001 }, (_, index) => `segment-${index}`);
  await holdings.replace('metro-3' as OcaId, [held('long', names)]);
  const key = holdingKey('metro-3' as OcaId, 'long' as TitleId);
  const holding = (await holdings.holdings([key])).get(key);
  expect(names.every((name) => holding?.holds(assetIdOf(name) as AssetId))).toBe(true);
  expect(names.some((name) => holding?.holds(assetIdOf(`not-${name}`) as AssetId))).toBe(false);
});

test('sites are read again when one changes, not before, but once a minute in any case', async () => {
  const store = fleetStore(plane.dynamoDb, 'fleet');
  let reads = 0;
  const counting: FleetStore = {
    ...store,
    sites: () => {
      reads += 1;
      return store.sites();
    },
  };
  const clock = handTurnedClock();
  const directory = fleetDirectory(counting, clock);
  const [metro, exchange] = SITES as unknown as [Site, Site];
  await store.changeSite(metro.siteId, () => metro);
  expect([...(await directory.current()).siteById.keys()]).toEqual(['isp-metro']);
  clock.advance(30_000);
  await directory.current();
  expect(reads).toBe(1);
  await store.changeSite(exchange.siteId, () => exchange);
  expect((await directory.current()).siteById.size).toBe(1);
  expect((await directory.latest()).siteById.has('ixp-exchange' as SiteId)).toBe(true);
  expect(reads).toBe(2);
  clock.advance(60_000);
  await directory.current();
  expect(reads).toBe(3);
});

test('of writers who change one site at a time none is lost', async () => {
  const store = fleetStore(plane.dynamoDb, 'fleet');
  const [metro] = SITES as unknown as [Site];
  const siteId = 'busy' as SiteId;
  await store.changeSite(siteId, () => ({ ...metro, siteId, ocas: [] }));
  const names = Array.from({ length: 5 }, (_, index) => `busy-${index}` as OcaId);
  const add = (ocaId: OcaId) =>
    store.changeSite(
      siteId,
      (stored) => stored && { ...stored, ocas: [...stored.ocas, { ocaId }] },
    );
  await Promise.all(names.map(add));
  const busy = (await store.sites()).find((site) => site.siteId === siteId);
  expect(busy?.ocas.map(({ ocaId }) => ocaId).toSorted()).toEqual(names);
});

test('a change that changes nothing, and one of a site that is not there, writes nothing', async () => {
  const store = fleetStore(plane.dynamoDb, 'fleet');
  const before = await store.sitesRevision();
  expect(await store.changeSite('absent' as SiteId, (stored) => stored)).toBeUndefined();
  await store.changeSite('busy' as SiteId, (stored) => stored);
  expect(await store.sitesRevision()).toBe(before);
});
