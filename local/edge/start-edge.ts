import type { Server } from 'node:http';
import { CdnError } from '#domain/errors.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import { closeServer, listen } from '../origin/http-server.ts';
import type { CacheLayer } from './cache/cache-layer.ts';
import { cloudFrontApi, isInvalidated } from './cloudfront-api.ts';
import { readDistribution } from './distribution/read-distribution.ts';
import { EdgeNetwork, type EdgeNetworkOptions } from './edge-network.ts';
import { createEdgeServer, type EdgeCounters } from './server.ts';

export interface EdgeOptions
  extends Pick<EdgeNetworkOptions, 'originUrlFor' | 'credentials'>,
    Partial<Pick<EdgeNetworkOptions, 'log' | 'now'>> {
  /** The folder that `cdk synth` wrote. */
  readonly assemblyDirectory: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly cacheBytesMax: number;
  /** Where CloudFront's own API is to be, as far as purges need it. @default nowhere */
  readonly apiPort?: number;
}

export interface EdgeStats extends Readonly<EdgeCounters> {
  /** Requests that reached each origin, by its id. */
  readonly originFetches: Readonly<Record<string, number>>;
  readonly cachedBytes: number;
}

export interface RunningEdge {
  readonly url: string;
  /** Of CloudFront's own API, if there is one. */
  readonly apiUrl?: string;
  stats(): EdgeStats;
  /** Another edge location of the same distribution, behind the same origin shields. Closed with the first. */
  startLocation(address: { host: string; port: number }): Promise<{ readonly url: string }>;
  close(): Promise<void>;
}

/** Less could not hold the blocks that a few viewers are being sent at once. */
const CACHE_BYTES_MIN = 4 * 2 ** 20;

/**
 * Starts the distribution of a synthesized app, with one edge location. What viewers see follows from the template and
 * the bundles of its functions; nothing of behaviors is repeated here.
 *
 * Simulated: TLS, HTTP/2 and /3, geography, the distance between edge location and shield, WAF. A shield's cache lives in
 * this process. Responses carry a `Cache-Status` field, which CloudFront's do not. Left out: `stale-while-revalidate`, and
 * several ranges in one answer. A template that asks for what is missing here, such as CloudFront Functions or signed
 * URLs, is refused.
 *
 * @throws CdnError config-invalid, address-taken
 */
export async function startEdge(options: EdgeOptions): Promise<RunningEdge> {
  const { log = () => undefined, now = Date.now } = options;
  const distribution = readDistribution(options.assemblyDirectory);
  const network = new EdgeNetwork({
    ...options,
    distribution,
    cacheBytesMax: cacheSize(options.cacheBytesMax),
    log,
    now,
  });
  const counters: EdgeCounters = { requests: 0, sentBytes: 0, byResult: {} };
  const locations: { server: Server; cache: CacheLayer }[] = [];
  const startLocation = async (address: { host: string; port: number }) => {
    const parts = network.openLocation();
    const server = createEdgeServer(parts, { counters, log });
    const url = await listen(server, address);
    locations.push({ server, cache: parts.cache });
    return { url };
  };
  const api = cloudFrontApi({
    distributionId: distribution.id,
    aliases: [options.host],
    invalidate: (paths) => network.invalidate((path) => isInvalidated(paths, path)),
  });
  const start = async () => {
    const { url } = await startLocation(options);
    const { host, apiPort: port } = options;
    return { url, ...(port === undefined ? {} : { apiUrl: await listen(api, { host, port }) }) };
  };
  const urls = await start().catch(async (thrown) => {
    await Promise.all(locations.map(({ server }) => closeServer(server)));
    await network.close();
    throw thrown;
  });
  return {
    ...urls,
    startLocation,
    stats: () => ({
      ...counters,
      originFetches: network.originFetches(),
      cachedBytes: locations.reduce((total, { cache }) => total + cache.sizeBytes, 0),
    }),
    close: async () => {
      await Promise.all([api, ...locations.map(({ server }) => server)].map(closeServer));
      await network.close();
    },
  };
}

function cacheSize(sizeBytes: number): Bytes {
  if (sizeBytes >= CACHE_BYTES_MIN) return bytes(sizeBytes);
  const details = { expectedBytes: CACHE_BYTES_MIN, receivedBytes: sizeBytes };
  throw new CdnError('config-invalid', `an edge cache needs ${CACHE_BYTES_MIN} bytes or more`, {
    details,
  });
}
