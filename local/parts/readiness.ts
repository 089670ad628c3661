import { setTimeout as sleep } from 'node:timers/promises';
import { CdnError } from '#domain/errors.ts';
import { fleetView, type OcaView } from '#protocol/fleet-view.ts';
import { type PlaybackSession, playbackSession, titleList } from '#protocol/playback.ts';
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

/** Resolves when every OCA is in service, or draining as the operator wished before. @throws CdnError `start-failed` */
export async function ocasInService(control: ControlClient): Promise<readonly OcaView[]> {
  const isAsWished = ({ state, desiredState }: OcaView) => state === desiredState;
  const ocas = await until(control, (views) => views.every(isAsWished), ANSWER_WITHIN_MS);
  const waiting = ocas.find((oca) => !isAsWished(oca));
  if (waiting)
    throw new CdnError(
      'start-failed',
      `${waiting.ocaId} did not come into service: ${waiting.reasons.join(', ')}`,
    );
  return ocas;
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

/**
 * Asks for a playback session, as a player would, until it has this many OCAs: the control plane may hear of what they
 * hold a moment after they do. A title too large to be filled yet is played from fewer.
 */
export async function playbackAnswers(
  control: ControlClient,
  titleId: string,
  ocaCount: number,
): Promise<PlaybackSession> {
  const deadline = performance.now() + ANSWER_WITHIN_MS;
  for (;;) {
    const session = await control.request(playbackSession, `/v1/playback/${titleId}`);
    const found = session.pathways.filter(({ layer }) => layer === 'oca').length;
    if (found >= ocaCount || performance.now() > deadline) return session;
    await sleep(POLL_MS);
  }
}

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
