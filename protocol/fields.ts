import { isFile } from '#domain/delivery/path-grammar.ts';
import { isAssetId, isDiskId, isOcaId, isSiteId, isTitleId } from '#domain/ids.ts';
import type { BitsPerSecond, Bytes, EpochMs, Ratio } from '#domain/units.ts';
import { branded, decimal, integer, literal, text } from './decode.ts';

/** Decoders of the fields that many messages share. */
export const titleId = branded(isTitleId, 'a title id: 1 to 63 of a-z, 0-9 and -');
export const ocaId = branded(isOcaId, 'an OCA id: 1 to 63 of a-z, 0-9 and -, not "cloudfront"');
export const siteId = branded(isSiteId, 'a site id: 1 to 63 of a-z, 0-9 and -');
export const diskId = branded(isDiskId, 'a disk id: 1 to 63 of a-z, 0-9 and -');
export const assetId = branded(isAssetId, 'a SHA-256 in lower-case hex');
export const file = branded(
  (value): value is string => isFile(value),
  'a file path of A-Z a-z 0-9 . _ - and /',
);
export const instant = integer<EpochMs>();
export const sizeBytes = integer<Bytes>();
export const bitRate = decimal<BitsPerSecond>();
export const proportion = decimal<Ratio>({ max: 1 });
export const tier = literal('flash', 'hdd');
export const httpUrl = text({ pattern: /^https?:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/, lengthMax: 512 });
export const etag = text({ pattern: /^"[\x21\x23-\x7e]*"$/, lengthMax: 128 });

/** Storage inside an OCA. For OCA, CloudFront and S3 the word is *layer*. */
export type Tier = 'flash' | 'hdd';
/** Where a byte was served from. */
export type Layer = 'oca' | 'cloudfront' | 's3';
export const TIERS: readonly Tier[] = ['flash', 'hdd'];
