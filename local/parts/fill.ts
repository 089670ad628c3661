import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJson } from '#protocol/decode.ts';
import { fleetView, type OcaView } from '#protocol/fleet-view.ts';
import { ocaInventory } from '#protocol/oca-inventory.ts';
import type { TitleCatalog } from '#protocol/title-catalog.ts';
import type { ControlClient } from '../../bin/distributary/control-client.ts';

export interface FillOutcome {
  readonly ocas: readonly OcaView[];
  /** Those that hold every asset, verified, and whose holdings the control plane knows. */
  readonly filledCount: number;
}

/** How many OCAs a session can be offered after this fill. */
export const offeredCount = ({ ocas, filledCount }: FillOutcome): number =>
  Math.min(filledCount, ocas.filter(({ state }) => state === 'in-service').length);

export interface FillWait {
  readonly control: ControlClient;
  readonly managementUrls: readonly string[];
  readonly titles: readonly TitleCatalog[];
  readonly withinMs: number;
}

const POLL_MS = 100;

/** Waits until every OCA holds the titles, but no longer than `withinMs`. */
export async function filled({
  control,
  managementUrls,
  titles,
  withinMs,
}: FillWait): Promise<FillOutcome> {
  const assetIds = titles.flatMap(({ assets }) => assets.map(({ assetId }) => assetId));
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { ocas } = await control.request(fleetView, '/v1/ocas');
    const held = await Promise.all(managementUrls.map((url) => heldBy(url, assetIds)));
    const reported = new Set(
      ocas.map(({ ocaId, report }) => `${ocaId} ${report?.inventoryDigest}`),
    );
    const filledCount = held.filter((inventory) => inventory && reported.has(inventory)).length;
    const isFilled = filledCount === managementUrls.length;
    if (isFilled || performance.now() > deadline) return { ocas, filledCount };
    await sleep(POLL_MS);
  }
}

/** An OCA's id and the digest of its inventory, once all of these assets are in it. */
async function heldBy(url: string, assetIds: readonly string[]): Promise<string | undefined> {
  const response = await fetch(`${url}/inventory`).catch(() => undefined);
  const decoded = decodeJson(ocaInventory, (await response?.text()) ?? '');
  if (!decoded.ok) return undefined;
  const { ocaId, digest, titles } = decoded.value;
  const held = new Set<string>(titles.flatMap((title) => title.assetIds));
  return assetIds.every((assetId) => held.has(assetId)) ? `${ocaId} ${digest}` : undefined;
}

/** For people: who holds it all, and where the bytes came from. */
export function describeFill({ ocas, filledCount }: FillOutcome): string {
  const bytesBySource = new Map<string, number>();
  for (const { sourceId, fetchedBytes } of ocas.flatMap(({ report }) => report?.fill.fetched ?? []))
    bytesBySource.set(sourceId, (bytesBySource.get(sourceId) ?? 0) + fetchedBytes);
  const sources = [...bytesBySource].map(
    ([sourceId, sum]) => `${(sum / 1e6).toFixed(1)} MB from ${sourceId}`,
  );
  const isFilled = filledCount === ocas.length;
  const state = `${filledCount} of ${ocas.length} OCAs hold everything${isFilled ? '' : ', the rest goes on filling'}`;
  return [state, ...sources].join(', ');
}
