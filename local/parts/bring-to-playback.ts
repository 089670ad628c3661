import type { TitleCatalog } from '#protocol/title-catalog.ts';
import { ControlClient } from '../../bin/distributary/control-client.ts';
import { siteDocuments } from '../../bin/distributary/fleet/site-documents.ts';
import { urlOf } from '../ground/address-plan.ts';
import type { Ground } from '../ground/prepare-ground.ts';
import type { OcaFleet } from '../processes/oca-fleet.ts';
import { describeFill, filled, offeredCount } from './fill.ts';
import { publishTitles } from './publishing.ts';
import { declareSites, ocasInService, playbackAnswers, titlesLive } from './readiness.ts';

/** Loopback addresses, so that this machine stands in the footprint of every site. */
const LOOPBACK_FOOTPRINT = ['127.0.0.0/8', '::1/128'];
/** The shipped title fills in a second; a large one may go on filling behind the "ready" line. */
const FILL_WITHIN_MS = 20_000;

/** Takes the titles all the way: sites declared, OCAs in service, published, filled, and playback answers. */
export async function bringToPlayback(ground: Ground, fleet: OcaFleet): Promise<void> {
  const { config, plan, progress, titles } = ground;
  // The base port lends its operator's certificate and credential to this machine.
  const control = new ControlClient({ url: urlOf(plan.gateway) });
  await progress.step(
    'sites',
    () => declareSites(control, sitesHere(ground)),
    (count) => `${count} sites declared`,
  );
  await progress.step(
    'OCAs',
    () => startOcas(fleet, control),
    (ocas) => ocas.map(({ ocaId }) => ocaId).join(', '),
  );
  const catalogs = await progress.step(
    'titles',
    () => publishAll(ground, control),
    () => titles.map(({ name }) => name).join(', '),
  );
  const managementUrls = plan.ocas.map(({ management }) => urlOf(management));
  const fill = await progress.step(
    'fill',
    () => filled({ control, managementUrls, titles: catalogs, withinMs: FILL_WITHIN_MS }),
    describeFill,
  );
  const ocaCount = Math.min(config.playback.ocaPathwaysMax, offeredCount(fill));
  await progress.step(
    'playback',
    () => Promise.all(titles.map(({ titleId }) => playbackAnswers(control, titleId, ocaCount))),
    ([session]) => session?.pathways.map(({ id }) => id).join(' › ') ?? '',
  );
}

const sitesHere = ({ config }: Ground) =>
  siteDocuments(config).map((site) => ({
    ...site,
    footprint: [...site.footprint, ...LOOPBACK_FOOTPRINT],
  }));

async function startOcas(fleet: OcaFleet, control: ControlClient) {
  await Promise.all(fleet.list().map(({ ocaId }) => fleet.start(ocaId)));
  return ocasInService(control);
}

async function publishAll(
  { config, plan, titles }: Ground,
  control: ControlClient,
): Promise<TitleCatalog[]> {
  const catalogs = await publishTitles(titles, { config, plan, now: Date.now });
  await titlesLive(
    control,
    catalogs.map(({ titleId }) => titleId),
  );
  return catalogs;
}
