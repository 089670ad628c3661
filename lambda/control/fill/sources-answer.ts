import { greatCircleKm } from '#domain/fill/great-circle.ts';
import { type RankedSource, rankSources } from '#domain/fill/rank-sources.ts';
import type { AssetId, OcaId, TitleId } from '#domain/ids.ts';
import { signSessionToken, TOKEN_LENGTH_MAX } from '#domain/tokens/session-token.ts';
import { bitsPerSecond } from '#domain/units.ts';
import { type FillSource, type FillSources, fillSourcesRequest } from '#protocol/fill-sources.ts';
import type { Site } from '#protocol/site.ts';
import { cloudFrontUrlFor } from '../../shared/cloudfront-urls.ts';
import type { DeclaredOca } from '../../shared/fleet-directory.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../../shared/http.ts';
import type { OcaStatus } from '../../shared/oca-statuses.ts';
import { type Holding, type HoldingKey, holdingKey } from '../../shared/stores/holdings-store.ts';
import { authorizeOca } from '../authorize.ts';
import type { ControlContext } from '../context.ts';
import type { PlannedAssets } from './planned-assets.ts';

const SOURCES_BYTES_MAX = 128 * 1024;
/** Long enough for a night's transfers, short enough that a stolen token is stale tomorrow. *Assumption.* */
const FILL_TOKEN_SECONDS = 6 * 3600;
/** Other sites whose inventories are looked at, nearest first. *Assumption.* */
const OTHER_SITES_MAX = 3;

/** An OCA that might be a source, and where it is. */
interface Neighbor {
  readonly ocaId: OcaId;
  readonly site: Site;
}

/**
 * `POST /v1/ocas/{ocaId}/sources`: ranked fill sources for assets of the OCA's plan, and a token for their titles. An
 * asset that the plan does not name gets no source; nor does one of a title that the token has no room for: the agent
 * asks for those again.
 */
export const sourcesAnswer =
  (plannedAssets: (ocaId: OcaId) => Promise<PlannedAssets>) =>
  async (context: ControlContext, request: HttpRequest): Promise<HttpAnswer> => {
    const asker = await authorizeOca(context, request);
    const { assetIds } = decodeBody(request, fillSourcesRequest, SOURCES_BYTES_MAX);
    const planned = await plannedAssets(asker.ocaId);
    const titlesAsked = new Set(assetIds.flatMap((assetId) => planned.get(assetId) ?? []));
    const { token, titleIds } = await fillToken(context, asker.ocaId, [...titlesAsked]);
    const neighbors = neighborsOf(asker, (await context.directory.current()).siteById.values());
    const known = await lookAt(context, neighbors, titleIds);
    const rank = (assetId: AssetId): RankedSource[] => {
      const titleId = planned.get(assetId)?.find((candidate) => titleIds.includes(candidate));
      if (titleId === undefined) return [];
      const { ocaId, site } = asker;
      return rankSources({
        asker: { ocaId, siteId: site.siteId, location: site.location },
        titleId,
        candidates: neighbors.map((neighbor) => candidateOf(neighbor, { assetId, titleId, known })),
      });
    };
    const ranked = assetIds.map((assetId) => ({ assetId, sources: rank(assetId) }));
    const answer: FillSources = {
      token,
      sources: distinctSources(
        ranked.flatMap(({ sources }) => sources),
        (source) =>
          source.sourceId === 'cloudfront'
            ? cloudFrontUrlFor(asker.ocaId, context.settings.cloudFrontUrls)
            : known.statusById.get(source.sourceId)?.deliveryUrl,
      ),
      assets: ranked.map(({ assetId, sources }) => ({
        assetId,
        sourceIds: sources.map((source) => source.sourceId),
      })),
    };
    return jsonAnswer(200, answer);
  };

/** Peers of the site, and the OCAs of the nearest other sites. */
function neighborsOf(asker: DeclaredOca, sites: Iterable<Site>): Neighbor[] {
  const nearest = [...sites]
    .filter((site) => site.siteId !== asker.site.siteId)
    .map((site) => ({ site, km: greatCircleKm(asker.site.location, site.location) }))
    .sort((one, other) => one.km - other.km)
    .slice(0, OTHER_SITES_MAX)
    .map(({ site }) => site);
  return [asker.site, ...nearest].flatMap((site) =>
    site.ocas.filter((oca) => oca.ocaId !== asker.ocaId).map((oca) => ({ ocaId: oca.ocaId, site })),
  );
}

interface Known {
  readonly statusById: ReadonlyMap<OcaId, OcaStatus>;
  readonly holdings: ReadonlyMap<HoldingKey, Holding>;
}

async function lookAt(
  context: ControlContext,
  neighbors: readonly Neighbor[],
  titleIds: readonly TitleId[],
): Promise<Known> {
  const ocaIds = neighbors.map((neighbor) => neighbor.ocaId);
  const keys = ocaIds.flatMap((ocaId) => titleIds.map((titleId) => holdingKey(ocaId, titleId)));
  const [statusById, holdings] = await Promise.all([
    context.statuses(ocaIds),
    context.holdings.holdings(keys),
  ]);
  return { statusById, holdings };
}

function candidateOf(
  { ocaId, site }: Neighbor,
  asked: { readonly assetId: AssetId; readonly titleId: TitleId; readonly known: Known },
) {
  const status = asked.known.statusById.get(ocaId);
  const holding = asked.known.holdings.get(holdingKey(ocaId, asked.titleId));
  return {
    ocaId,
    siteId: site.siteId,
    location: site.location,
    isInService: status?.state === 'in-service' && status.deliveryUrl !== undefined,
    egress: status?.egress ?? bitsPerSecond(0),
    isHolder: holding?.holds(asked.assetId) ?? false,
  };
}

/** Each source once. Its reason is that of its first mention; a wait that any mention names holds. */
function distinctSources(
  mentioned: readonly RankedSource[],
  urlOf: (source: RankedSource) => string | undefined,
): FillSource[] {
  const byId = new Map(mentioned.toReversed().map((source) => [source.sourceId, source]));
  const masters = mentioned.filter(({ waitSeconds }) => waitSeconds !== undefined);
  const waitById = new Map(masters.map(({ sourceId, waitSeconds }) => [sourceId, { waitSeconds }]));
  return [...byId.values()].toReversed().flatMap((source) => {
    const baseUrl = urlOf(source);
    return baseUrl === undefined ? [] : [{ ...source, ...waitById.get(source.sourceId), baseUrl }];
  });
}

/** A token for as many of the titles, in their order, as its length allows: it travels in the path. */
async function fillToken(
  context: ControlContext,
  ocaId: OcaId,
  titleIds: readonly TitleId[],
): Promise<{ token: string; titleIds: readonly TitleId[] }> {
  const { signingKey } = await context.sessionKeys();
  const iat = Math.floor(context.clock.now() / 1000);
  const identity = { iss: context.settings.tokenIssuer, sid: `oca:${ocaId}` };
  const times = { iat, exp: iat + FILL_TOKEN_SECONDS };
  const p = titleIds.map((titleId) => `/content/${titleId}/`);
  const token = await signSessionToken({ ...identity, ...times, p }, signingKey);
  return token.length <= TOKEN_LENGTH_MAX
    ? { token, titleIds }
    : fillToken(context, ocaId, titleIds.slice(0, Math.floor(titleIds.length * 0.8)));
}
