import type { PathwayId } from '../ids.ts';

/**
 * The pathways of a running session, to be used now: those in service in the session's own order, so that a session
 * stays where it is until something changes; then CloudFront. OCAs out of service or draining are left out.
 */
export function orderPathways(
  sessionPathways: readonly PathwayId[],
  isInService: (pathwayId: PathwayId) => boolean,
): PathwayId[] {
  const ocas = sessionPathways.filter((id) => id !== 'cloudfront' && isInService(id));
  return [...new Set(ocas), 'cloudfront'];
}
