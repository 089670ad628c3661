import type { PathwayId } from '#domain/ids.ts';

/**
 * The steering manifest, one object for HLS and DASH. Wire names are verbatim.
 * Sources: draft-pantos-hls-rfc8216bis §7; ETSI TS 103 998 V1.1.1.
 *
 * `TTL` is always there: without it hls.js 1.7 asks in a tight loop. `RELOAD-URI` is always absolute: Shaka resolves a
 * relative one against the wrong URL. Both measured; see docs/decisions.
 */
export interface SteeringManifest {
  readonly VERSION: 1;
  /** Seconds until the player asks again. */
  readonly TTL: number;
  readonly 'RELOAD-URI': string;
  readonly 'PATHWAY-PRIORITY': readonly PathwayId[];
}

export function steeringManifest(options: {
  readonly ttlSeconds: number;
  readonly reloadUri: string;
  readonly pathways: readonly PathwayId[];
}): SteeringManifest {
  return {
    VERSION: 1,
    TTL: options.ttlSeconds,
    'RELOAD-URI': options.reloadUri,
    'PATHWAY-PRIORITY': options.pathways,
  };
}

/** The manifest inlined as a `data:` URI, so that a player starts on the right pathway without asking anybody. */
export function inlineSteering(manifest: SteeringManifest): string {
  return `data:application/json;base64,${btoa(JSON.stringify(manifest))}`;
}

/** What a player says of itself in the query of a steering request. Lists and quotes are both in use. */
export function reportedPathways(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .replaceAll('"', '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
