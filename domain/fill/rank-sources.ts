import type { OcaId, SiteId } from '../ids.ts';
import { rendezvousOrder, rendezvousWeight } from '../placement/rendezvous.ts';
import type { BitsPerSecond } from '../units.ts';
import { greatCircleKm, type Location } from './great-circle.ts';

/** An OCA that may be asked for bytes. */
export interface SourceCandidate {
  readonly ocaId: OcaId;
  readonly siteId: SiteId;
  readonly location: Location;
  readonly isInService: boolean;
  readonly egress: BitsPerSecond;
  /** Whether it holds the asset now, by its own inventory. */
  readonly isHolder: boolean;
}

export interface RankedSource {
  readonly sourceId: OcaId | 'cloudfront';
  readonly kind: 'peer' | 'site' | 'cloudfront';
  readonly reason: string;
  /** How long to wait for it, without progress, before the next one is asked. */
  readonly waitSeconds?: number;
}

/** Fill sources from other sites that an answer names. More would only lengthen a walk that ends at CloudFront. *Assumption.* */
const OTHER_SITE_SOURCES_MAX = 2;
/** The largest assets, 8 GB, take a master 53 s at the default 1.2 Gbit/s; twice that, rounded. *Assumption.* */
const MASTER_WAIT_SECONDS = 120;

/**
 * Where one OCA fetches one asset of a title: peers of its site that hold it, then the site's fill master, then other
 * sites by distance, then CloudFront. Peers are spread by rendezvous, so that many OCAs do not ask one.
 *
 * When no peer holds it yet, the site's master for the title goes outside at once and the others wait for the master
 * before they go outside themselves: so a title crosses the network once a site.
 * Source of the order: Netflix, "Netflix and Fill" (peer, tier, cache fill; fill masters).
 */
export function rankSources(options: {
  readonly asker: { readonly ocaId: OcaId; readonly siteId: SiteId; readonly location: Location };
  readonly titleId: string;
  readonly candidates: readonly SourceCandidate[];
}): RankedSource[] {
  const { asker, titleId } = options;
  const usable = options.candidates.filter((one) => one.isInService && one.ocaId !== asker.ocaId);
  const [inSite, elsewhere] = [
    usable.filter((candidate) => candidate.siteId === asker.siteId),
    usable.filter((candidate) => candidate.siteId !== asker.siteId && candidate.isHolder),
  ];
  const peers = rankPeers(
    inSite.filter((candidate) => candidate.isHolder),
    `${titleId}/${asker.ocaId}`,
  );
  return [
    ...peers,
    ...(peers.length === 0 ? masterSource(inSite, asker.ocaId, titleId) : []),
    ...rankOtherSites(elsewhere, asker),
    { sourceId: 'cloudfront', kind: 'cloudfront', reason: 'the last resort: it has everything' },
  ];
}

function rankPeers(holders: readonly SourceCandidate[], key: string): RankedSource[] {
  return rendezvousOrder(
    key,
    holders.map((holder) => holder.ocaId),
  ).map((sourceId) => ({
    sourceId,
    kind: 'peer',
    reason: 'a peer in the site that holds it',
  }));
}

/** Nothing for the master itself: it goes outside. The asker takes part in the election, or two masters would ask each other. */
function masterSource(
  inSite: readonly SourceCandidate[],
  askerId: OcaId,
  titleId: string,
): RankedSource[] {
  const [master] = rendezvousOrder(titleId, [askerId, ...inSite.map((one) => one.ocaId)]);
  return master === undefined || master === askerId
    ? []
    : [
        {
          sourceId: master,
          kind: 'peer',
          reason: "the site's fill master of the title",
          waitSeconds: MASTER_WAIT_SECONDS,
        },
      ];
}

function rankOtherSites(
  holders: readonly SourceCandidate[],
  asker: { readonly ocaId: OcaId; readonly location: Location },
): RankedSource[] {
  return holders
    .map((holder) => ({
      holder,
      km: Math.round(greatCircleKm(asker.location, holder.location)),
      weight: rendezvousWeight(asker.ocaId, holder.ocaId),
    }))
    .sort(
      (one, other) =>
        one.km - other.km || one.holder.egress - other.holder.egress || other.weight - one.weight,
    )
    .slice(0, OTHER_SITE_SOURCES_MAX)
    .map(({ holder, km }) => ({
      sourceId: holder.ocaId,
      kind: 'site',
      reason: `site ${holder.siteId}, ${km} km away, holds it`,
    }));
}
