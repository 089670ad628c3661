import { CdnError } from '#domain/errors.ts';
import { type CloudFrontId, isCloudFrontId, type OcaId, type PathwayId } from '#domain/ids.ts';
import { coveringPrefixes, type FootprintMatch } from '#domain/steering/footprint.ts';
import { parseAddress } from '#domain/steering/ip-address.ts';
import {
  type OcaCandidate,
  type PathwayRanking,
  rankPathways,
} from '#domain/steering/rank-pathways.ts';
import { bitsPerSecond, ratio, share } from '#domain/units.ts';
import type { Site } from '#protocol/site.ts';
import type { CloudFrontUrls } from '../shared/cloudfront-urls.ts';
import type { FleetDirectory } from '../shared/fleet-directory.ts';
import type { OcaStatus, OcaStatusReader } from '../shared/oca-statuses.ts';
import { type Holding, type HoldingKey, holdingKey } from '../shared/stores/holdings-store.ts';
import type { TitleRecord } from '../shared/stores/title-store.ts';

/** What ranking reads. */
export interface PathwaySources {
  readonly directory: () => Promise<FleetDirectory>;
  readonly statuses: OcaStatusReader;
  readonly holdings: (keys: readonly HoldingKey[]) => Promise<ReadonlyMap<HoldingKey, Holding>>;
}

export interface ClientRanking extends PathwayRanking {
  /** The longest prefix that covers the client. */
  readonly matchedPrefix?: string;
  readonly statusById: ReadonlyMap<OcaId, OcaStatus>;
}

/** Ranks the OCAs of the sites that cover the client; with `isExhaustive`, all others are there too, dropped. */
export async function rankForClient(
  sources: PathwaySources,
  question: {
    readonly clientAddress: string;
    readonly title?: TitleRecord;
    readonly ocaPathwaysMax: number;
    readonly distributions: readonly CloudFrontId[];
    readonly isExhaustive?: boolean;
  },
): Promise<ClientRanking> {
  const { clientAddress, title, ocaPathwaysMax, distributions, isExhaustive = false } = question;
  const directory = await sources.directory();
  const matches = coveringPrefixes(directory.footprints, clientAddress);
  const covering = coveringSites(matches, directory);
  const ocaIds = [...covering.keys()].flatMap((site) => site.ocas.map((oca) => oca.ocaId));
  const held = title ? ocaIds.map((ocaId) => holdingKey(ocaId, title.titleId)) : [];
  const [statusById, holdings] = await Promise.all([
    sources.statuses(ocaIds),
    sources.holdings(held),
  ]);
  const known = { statusById, holdings, title };
  const candidates = [...covering].flatMap(([site, coveredBy]) =>
    site.ocas.map((oca) => ({ ...candidateOf(oca.ocaId, site, known), coveredBy })),
  );
  const others = isExhaustive
    ? [...directory.siteById.values()].filter((site) => !covering.has(site))
    : [];
  const ranking = rankPathways({
    ...(title && { titleId: title.titleId }),
    candidates: [
      ...candidates,
      ...others.flatMap((site) => site.ocas.map((oca) => candidateOf(oca.ocaId, site, known))),
    ],
    ocaPathwaysMax,
    distributions,
  });
  const [longest] = matches;
  return { ...ranking, statusById, ...(longest && { matchedPrefix: longest.prefix }) };
}

/** @throws CdnError `request-invalid` unless the text is an IP address. */
export function requireAddress(text: string | null): string {
  if (text !== null && parseAddress(text)) return text;
  throw new CdnError('request-invalid', 'ip: expected an IPv4 or IPv6 address');
}

/** Where clients reach a pathway; undefined for what is not there any more. */
export function pathwayUrl(
  pathwayId: PathwayId,
  statusById: ReadonlyMap<OcaId, OcaStatus>,
  cloudFrontUrls: CloudFrontUrls,
): string | undefined {
  return isCloudFrontId(pathwayId)
    ? cloudFrontUrls.get(pathwayId)
    : statusById.get(pathwayId)?.deliveryUrl;
}

/** Each site that covers the client, by its longest prefix. */
function coveringSites(matches: readonly FootprintMatch[], directory: FleetDirectory) {
  const covering = new Map<Site, FootprintMatch>();
  for (const match of matches) {
    for (const siteId of match.siteIds) {
      const site = directory.siteById.get(siteId);
      if (site && !covering.has(site)) covering.set(site, match);
    }
  }
  return covering;
}

function candidateOf(
  ocaId: OcaId,
  site: Site,
  known: {
    readonly statusById: ReadonlyMap<OcaId, OcaStatus>;
    readonly holdings: ReadonlyMap<HoldingKey, Holding>;
    readonly title: TitleRecord | undefined;
  },
): OcaCandidate {
  const status = known.statusById.get(ocaId);
  const { title } = known;
  const holding = title && known.holdings.get(holdingKey(ocaId, title.titleId));
  return {
    ocaId,
    siteId: site.siteId,
    siteKind: site.kind,
    state: status?.state ?? 'out-of-service',
    stateReasons: status?.reasons ?? [],
    isRegistered: status?.deliveryUrl !== undefined,
    heldShare: holding && title ? heldShare(holding, title) : ratio(0),
    egress: status?.egress ?? bitsPerSecond(0),
  };
}

/** At most 1, though an OCA may still hold files that a later publication dropped. */
const heldShare = (holding: Holding, title: TitleRecord) =>
  share(Math.min(holding.heldBytes, title.totalBytes), title.totalBytes);
