import { setTimeout as sleep } from 'node:timers/promises';
import { CdnError } from '#domain/errors.ts';
import { fleetView, type OcaView } from '#protocol/fleet-view.ts';
import { playbackSession, titleList } from '#protocol/playback.ts';
import type { Site } from '#protocol/site.ts';
import type { ControlClient } from '../../bin/distributary/control-client.ts';

const POLL_MS = 100;
const ANSWER_WITHIN_MS = 15_000;

/** Declares the sites to the control plane. */
export async function declareSites(
  control: ControlClient,
  sites: readonly Site[],
): Promise<number> {
  for (const site of sites)
    await control.send(`/v1/sites/${site.siteId}`, { method: 'PUT', body: site });
  return sites.length;
}

/** Resolves when every OCA is in service. @throws CdnError `start-failed` */
export async function ocasInService(control: ControlClient): Promise<readonly OcaView[]> {
  const ocas = await until(
    control,
    (views) => views.every(({ state }) => state === 'in-service'),
    ANSWER_WITHIN_MS,
  );
  const waiting = ocas.filter(({ state }) => state !== 'in-service');
  if (waiting.length === 0) return ocas;
  const [first] = waiting;
  throw new CdnError(
    'start-failed',
    `${first?.ocaId} did not come into service: ${first?.reasons.join(', ')}`,
  );
}

/** Whether every OCA holds all of its fill plan, waited for no longer than `withinMs`. */
export async function filled(
  control: ControlClient,
  withinMs: number,
): Promise<{ isComplete: boolean; ocas: readonly OcaView[] }> {
  const isFilled = ({ report }: OcaView) =>
    report?.fill.state === 'complete' && report.fill.assetsTotal > 0;
  const ocas = await until(control, (views) => views.every(isFilled), withinMs);
  return { isComplete: ocas.every(isFilled), ocas };
}

/** Resolves when every title is live and its playback answers. @throws CdnError `start-failed` */
export async function titlesLive(
  control: ControlClient,
  titleIds: readonly string[],
): Promise<void> {
  const deadline = performance.now() + ANSWER_WITHIN_MS;
  for (;;) {
    const { titles } = await control.request(titleList, '/v1/titles');
    const live = new Set<string>(titles.map(({ titleId }) => titleId));
    const missing = titleIds.filter((titleId) => !live.has(titleId));
    if (missing.length === 0) break;
    if (performance.now() > deadline)
      throw new CdnError(
        'start-failed',
        `the control plane did not take up the title ${missing[0]}`,
      );
    await sleep(POLL_MS);
  }
}

/** Asks for a playback session, as a player would. */
export const playbackAnswers = (control: ControlClient, titleId: string) =>
  control.request(playbackSession, `/v1/playback/${titleId}`);

/** Looks at the fleet until it is as wished, or the time is up. */
async function until(
  control: ControlClient,
  isReached: (views: readonly OcaView[]) => boolean,
  withinMs: number,
): Promise<readonly OcaView[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { ocas } = await control.request(fleetView, '/v1/ocas');
    if (isReached(ocas) || performance.now() > deadline) return ocas;
    await sleep(POLL_MS);
  }
}

/** What came of a fill, for people: who holds it all, and where the bytes came from. */
export function describeFill({
  isComplete,
  ocas,
}: {
  isComplete: boolean;
  ocas: readonly OcaView[];
}): string {
  const bytesBySource = new Map<string, number>();
  for (const { sourceId, fetchedBytes } of ocas.flatMap(({ report }) => report?.fill.fetched ?? []))
    bytesBySource.set(sourceId, (bytesBySource.get(sourceId) ?? 0) + fetchedBytes);
  const sources = [...bytesBySource].map(
    ([sourceId, sum]) => `${(sum / 1e6).toFixed(1)} MB from ${sourceId}`,
  );
  const state = isComplete ? `${ocas.length} OCAs hold everything` : 'goes on behind';
  return [state, ...sources].join(', ');
}
