import type { CloudFrontId, OcaId, PathwayId, SiteId, TitleId } from '../ids.ts';
import { rendezvousWeight } from '../placement/rendezvous.ts';
import { type BitsPerSecond, gigabitsPerSecond, type Ratio } from '../units.ts';

/** One OCA that might serve a client, with all that is known for the decision. */
export interface OcaCandidate {
  readonly ocaId: OcaId;
  readonly siteId: SiteId;
  readonly siteKind: 'isp' | 'ixp' | 'mec';
  /** The longest prefix of the site's footprint that covers the client; absent when none does. */
  readonly coveredBy?: { readonly prefix: string; readonly length: number };
  readonly state: 'in-service' | 'draining' | 'out-of-service';
  readonly stateReasons: readonly string[];
  /** Whether clients can reach it at all: it has registered and named its delivery URL. */
  readonly isRegistered: boolean;
  /** The share of the title's bytes that it holds. */
  readonly heldShare: Ratio;
  readonly egress: BitsPerSecond;
}

export interface RankedCandidate {
  readonly pathwayId: PathwayId;
  readonly layer: 'oca' | 'cloudfront';
  readonly siteId?: SiteId;
  readonly verdict: 'ranked' | 'dropped';
  /** 1 is first; absent for a dropped candidate. */
  readonly rank?: number;
  readonly reasons: readonly string[];
}

export interface PathwayRanking {
  /** OCAs best first, then CloudFront: it is always there and always last. */
  readonly pathways: readonly PathwayId[];
  /** Every candidate with its verdict: the ranked ones in order, then the distributions, then the dropped ones. */
  readonly candidates: readonly RankedCandidate[];
}

/** Below this an OCA would miss on more bytes than it serves, and CloudFront is nearer to them. *Assumption.* */
const HELD_SHARE_MIN = 0.5;
/** An OCA this far above its site's mean egress goes behind its neighbors. Source: V. Mirrokni, M. Thorup and
 * M. Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA 2018: capacity (1 + ε) of the mean; ε is ours. */
const LOAD_BOUND = 1.25;
/** Under this egress no OCA is called loaded, or a first viewer would chase the second away. *Assumption.* */
const LOADED_EGRESS_MIN = gigabitsPerSecond(1);

/**
 * Ranks the OCAs for one client and title: ISP and MEC sites that cover the client, then IXP sites; longer prefixes
 * first; OCAs that hold the whole title first; within a site by rendezvous on the title, so that titles spread and
 * every client of a title meets the same OCA, with overloaded OCAs behind the others.
 */
export function rankPathways(options: {
  /** Absent when the question is not about a title: then holding is not asked for. */
  readonly titleId?: TitleId;
  readonly candidates: readonly OcaCandidate[];
  readonly ocaPathwaysMax: number;
  /** Best first, at least one. */
  readonly distributions: readonly CloudFrontId[];
}): PathwayRanking {
  const { titleId, ocaPathwaysMax, distributions } = options;
  const dropped = options.candidates.flatMap((candidate) => {
    const reason = dropReason(candidate, titleId);
    return reason === undefined ? [] : [{ ...verdictOf(candidate, 'dropped'), reasons: [reason] }];
  });
  const loadedIds = loadedOcas(options.candidates);
  const eligible = options.candidates
    .filter((candidate) => dropReason(candidate, titleId) === undefined)
    .map((candidate) => ({ candidate, key: sortKey(candidate, { titleId, loadedIds }) }))
    .sort((one, other) => compareKeys(one.key, other.key))
    .map(({ candidate }) => candidate);
  const chosen = chooseDiverse(eligible, ocaPathwaysMax);
  const surplus = eligible.filter((candidate) => !chosen.includes(candidate));
  return {
    pathways: [...chosen.map((candidate) => candidate.ocaId), ...distributions],
    candidates: [
      ...chosen.map((candidate, index) => ({
        ...verdictOf(candidate, 'ranked'),
        rank: index + 1,
        reasons: rankReasons(candidate, { titleId, loadedIds }),
      })),
      ...distributions.map((id, index) => cloudFrontVerdict(id, chosen.length + 1 + index)),
      ...surplus.map((candidate) => ({
        ...verdictOf(candidate, 'dropped'),
        reasons: [`${ocaPathwaysMax} better OCAs are enough for a session`],
      })),
      ...dropped,
    ],
  };
}

function dropReason(candidate: OcaCandidate, titleId: TitleId | undefined): string | undefined {
  if (!candidate.coveredBy) return 'no prefix of its site covers the client';
  if (!candidate.isRegistered) return 'it has not registered';
  if (candidate.state !== 'in-service') {
    return [`it is ${candidate.state}`, ...candidate.stateReasons].join(': ');
  }
  if (titleId !== undefined && candidate.heldShare < HELD_SHARE_MIN) {
    return `it holds ${percent(candidate.heldShare)} of the title, less than ${percent(HELD_SHARE_MIN)}`;
  }
  return undefined;
}

interface RankContext {
  readonly titleId: TitleId | undefined;
  readonly loadedIds: ReadonlySet<OcaId>;
}

/** Compared member by member, smaller first. The id at the end makes the order total. */
function sortKey(candidate: OcaCandidate, context: RankContext): readonly (number | string)[] {
  return [
    candidate.siteKind === 'ixp' ? 1 : 0,
    -(candidate.coveredBy?.length ?? 0),
    candidate.siteId,
    context.titleId === undefined || candidate.heldShare === 1 ? 0 : 1,
    context.loadedIds.has(candidate.ocaId) ? 1 : 0,
    -rendezvousWeight(context.titleId ?? '', candidate.ocaId),
    candidate.ocaId,
  ];
}

function compareKeys(
  one: readonly (number | string)[],
  other: readonly (number | string)[],
): number {
  for (const [index, left] of one.entries()) {
    const right = other[index] ?? left;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** OCAs whose egress is far above the mean of their site's OCAs in service. */
function loadedOcas(candidates: readonly OcaCandidate[]): ReadonlySet<OcaId> {
  const serving = candidates.filter((candidate) => candidate.state === 'in-service');
  const bySite = Object.groupBy(serving, (candidate) => candidate.siteId);
  const loaded = Object.values(bySite).flatMap((members = []) => {
    const mean = members.reduce((sum, member) => sum + member.egress, 0) / members.length;
    const bound = Math.max(LOADED_EGRESS_MIN, mean * LOAD_BOUND);
    return members.filter((member) => member.egress > bound);
  });
  return new Set(loaded.map((candidate) => candidate.ocaId));
}

/** The first `limit`; but when all of those share a site, the last place goes to the best OCA of another one. */
function chooseDiverse(eligible: readonly OcaCandidate[], limit: number): OcaCandidate[] {
  const chosen = eligible.slice(0, limit);
  const sites = new Set(chosen.map((candidate) => candidate.siteId));
  const elsewhere = eligible.slice(limit).find((candidate) => !sites.has(candidate.siteId));
  return elsewhere && limit > 1 && sites.size === 1 ? [...chosen.slice(0, -1), elsewhere] : chosen;
}

const verdictOf = <V extends 'ranked' | 'dropped'>(candidate: OcaCandidate, verdict: V) => ({
  pathwayId: candidate.ocaId,
  layer: 'oca' as const,
  siteId: candidate.siteId,
  verdict,
});

function rankReasons(candidate: OcaCandidate, context: RankContext): string[] {
  const { coveredBy, siteKind, siteId, heldShare, egress } = candidate;
  return [
    `${siteKind} site ${siteId} covers the client with ${coveredBy?.prefix}`,
    ...(context.titleId === undefined ? [] : [`it holds ${percent(heldShare)} of the title`]),
    context.loadedIds.has(candidate.ocaId)
      ? `it sends ${gigabits(egress)}, far more than its neighbors: behind them`
      : `it sends ${gigabits(egress)}`,
    ...candidate.stateReasons,
  ];
}

const cloudFrontVerdict = (pathwayId: CloudFrontId, rank: number): RankedCandidate => ({
  pathwayId,
  layer: 'cloudfront',
  verdict: 'ranked',
  rank,
  reasons: ['it serves every client and every title, and comes last'],
});

const percent = (share: number) => `${Math.floor(share * 100)} %`;
const gigabits = (rate: BitsPerSecond) => `${(rate / 1e9).toFixed(2)} Gbit/s`;
