import type { AssetId } from '#domain/ids.ts';
import { type Decoder, integer, list, literal, object, optional, text } from './decode.ts';
import { assetId, httpUrl } from './fields.ts';

/** `POST /v1/ocas/<id>/sources`: an agent asks where to fetch assets of its plan from. */
export interface FillSourcesRequest {
  readonly assetIds: readonly AssetId[];
}

/** The answer: for every asset the fill sources, best first, and one token that opens the titles asked for. */
export interface FillSources {
  /** A session token whose scope is exactly the titles of the assets asked for. */
  readonly token: string;
  readonly sources: readonly FillSource[];
  readonly assets: readonly { readonly assetId: AssetId; readonly sourceIds: readonly string[] }[];
}

export interface FillSource {
  /** An OCA's id, or `cloudfront`. */
  readonly sourceId: string;
  readonly kind: 'peer' | 'site' | 'cloudfront';
  readonly baseUrl: string;
  /** Why it stands where it stands, for people. */
  readonly reason: string;
  /** It is expected to hold the asset soon: wait for it so long, without progress, before the next source is asked. */
  readonly waitSeconds?: number;
}

export const FILL_SOURCES_ASSETS_MAX = 1000;

export const fillSourcesRequest: Decoder<FillSourcesRequest> = object({
  assetIds: list(assetId, { lengthMax: FILL_SOURCES_ASSETS_MAX }),
});

export const fillSources: Decoder<FillSources> = object({
  token: text({ lengthMax: 8192 }),
  sources: list(
    object({
      sourceId: text({ lengthMax: 64 }),
      kind: literal('peer', 'site', 'cloudfront'),
      baseUrl: httpUrl,
      reason: text({ lengthMax: 256 }),
      waitSeconds: optional(integer({ max: 3600 })),
    }),
    { lengthMax: 1000 },
  ),
  assets: list(object({ assetId, sourceIds: list(text({ lengthMax: 64 }), { lengthMax: 1000 }) }), {
    lengthMax: FILL_SOURCES_ASSETS_MAX,
  }),
});
