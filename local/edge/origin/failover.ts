import type { CacheRequest, CacheResponse, Upstream } from '../cache/messages.ts';

/**
 * Asks a request's origins in their order until one gives an answer that is no reason to try the next; the last one's
 * answer stands. Each origin is asked with itself as the only one.
 * Source: Amazon CloudFront Developer Guide, "Optimize high availability with CloudFront origin failover".
 */
export async function withFailover(request: CacheRequest, ask: Upstream): Promise<CacheResponse> {
  const [first, ...others] = request.origins;
  let answer = await ask({ ...request, origins: first ? [first] : [] });
  for (const origin of others) {
    const status = answer.failoverStatus ?? answer.status;
    if (!request.behavior.failoverStatuses.has(status)) return answer;
    answer.body?.destroy();
    answer = await ask({ ...request, origins: [origin] });
  }
  return answer;
}
