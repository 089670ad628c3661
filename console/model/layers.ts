import type { Layer } from '#protocol/fields.ts';

/** Nearest the viewer first. */
export const LAYERS: readonly Layer[] = ['oca', 'cloudfront', 's3'];

export const LAYER_NAMES: Readonly<Record<Layer, string>> = {
  oca: 'OCA',
  cloudfront: 'CloudFront',
  s3: 'S3',
};
