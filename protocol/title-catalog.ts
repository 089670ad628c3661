import type { AssetId, TitleId } from '#domain/ids.ts';
import type { BitsPerSecond, Bytes, EpochMs } from '#domain/units.ts';
import { type Decoder, decimal, integer, list, literal, object, optional, text } from './decode.ts';
import { assetId, bitRate, etag, file, instant, sizeBytes, titleId } from './fields.ts';

/**
 * What a title consists of. `publish` writes it to `catalog/<titleId>.json` in the content bucket after the last asset
 * is there; that object's creation is what makes the control plane take the title up.
 */
export interface TitleCatalog {
  readonly version: 1;
  readonly titleId: TitleId;
  readonly name: string;
  readonly durationSeconds: number;
  readonly publishedAt: EpochMs;
  /** The MPD and the HLS multivariant playlist, as files of the title; at least one is there. */
  readonly dash?: string;
  readonly hls?: string;
  readonly tracks: readonly Track[];
  readonly assets: readonly Asset[];
  /** Where the work comes from and what its licence is, to be shown to people. */
  readonly credit?: string;
}

/** One encoding of the work's picture, sound or text. */
export interface Track {
  readonly trackId: string;
  readonly kind: 'video' | 'audio' | 'text';
  /** Names the encoding for people and logs, e.g. `h264-720p` or `aac-stereo`. */
  readonly profile: string;
  readonly codecs: string;
  readonly bandwidthBitsPerSecond: BitsPerSecond;
  readonly width?: number;
  readonly height?: number;
  readonly language?: string;
  /** Its files, initialization first; one file only where segments are byte ranges. */
  readonly files: readonly string[];
}

/** One file of a title, named by its content. */
export interface Asset {
  readonly assetId: AssetId;
  readonly file: string;
  readonly sizeBytes: Bytes;
  readonly contentType: string;
  /** S3's entity tag of the object, which every layer sends: so it is equal on S3, CloudFront and every OCA. */
  readonly etag: string;
}

const track: Decoder<Track> = object({
  trackId: text({ lengthMax: 64 }),
  kind: literal('video', 'audio', 'text'),
  profile: text({ lengthMax: 64 }),
  codecs: text({ lengthMax: 128 }),
  bandwidthBitsPerSecond: bitRate,
  width: optional(integer({ max: 65_535 })),
  height: optional(integer({ max: 65_535 })),
  language: optional(text({ lengthMax: 35 })),
  files: list(file, { lengthMax: 100_000 }),
});

export const asset: Decoder<Asset> = object({
  assetId,
  file,
  sizeBytes,
  contentType: text({ lengthMax: 128 }),
  etag,
});

/** Eleven days. *Assumption:* no title is longer. */
export const DURATION_SECONDS_MAX = 1_000_000;

export const titleCatalog: Decoder<TitleCatalog> = object({
  version: literal(1),
  titleId,
  name: text({ lengthMax: 256 }),
  durationSeconds: decimal({ max: DURATION_SECONDS_MAX }),
  publishedAt: instant,
  dash: optional(file),
  hls: optional(file),
  tracks: list(track, { lengthMax: 1000 }),
  assets: list(asset, { lengthMax: 100_000 }),
  credit: optional(text({ lengthMax: 1024 })),
});

/** The S3 key of a title's catalog, and the key of one of its files: the path that clients ask for, without its slash. */
export const catalogKey = (id: TitleId): string => `catalog/${id}.json`;
export const assetKey = (id: TitleId, name: string): string => `content/${id}/${name}`;
export const CATALOG_KEY_PATTERN = /^catalog\/([a-z0-9-]{1,63})\.json$/;
/** User metadata of an asset's object: its SHA-256 in hex. CloudFront passes it on as `x-amz-meta-sha256`. */
export const SHA256_METADATA = 'sha256';
