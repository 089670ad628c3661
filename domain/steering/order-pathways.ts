import { type CloudFrontId, isCloudFrontId, type OcaId, type PathwayId } from '../ids.ts';

/**
 * The pathways of a running session, to be used now: those in service in the session's own order, so that a session
 * stays where it is until something changes; then its distributions, or the first of all when it names none. OCAs out
 * of service or draining are left out.
 */
export function orderPathways(
  sessionPathways: readonly PathwayId[],
  isInService: (ocaId: OcaId) => boolean,
): PathwayId[] {
  const distributions = sessionPathways.filter((id): id is CloudFrontId => isCloudFrontId(id));
  const ocas = sessionPathways.filter(isOca).filter(isInService);
  return [...new Set([...ocas, ...(distributions.length > 0 ? distributions : [FIRST])])];
}

const FIRST: CloudFrontId = 'cloudfront';
const isOca = (id: PathwayId): id is OcaId => !isCloudFrontId(id);
