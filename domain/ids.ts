/** Names of things. Each is a string that passed its grammar once, at the border. */
declare const kind: unique symbol;
type Id<Kind extends string> = string & { readonly [kind]: Kind };

export type TitleId = Id<'title'>;
export type OcaId = Id<'oca'>;
export type SiteId = Id<'site'>;
export type DiskId = Id<'disk'>;
export type SessionId = Id<'session'>;
/** The content address of an asset: its SHA-256 in lower-case hex. */
export type AssetId = Id<'asset'>;
/** A parity group: 32 lower-case hex digits, new at each writing of the group. */
export type ParityGroupId = Id<'parity-group'>;
/** A CloudFront distribution: `cloudfront`, then `cloudfront-2`, `cloudfront-3` and so on. */
export type CloudFrontId = 'cloudfront' | `cloudfront-${number}`;
/** What a player may be steered to. */
export type PathwayId = OcaId | CloudFrontId;

/** One DNS label in lower case, so that every id can stand in a host name, a path, a key and a file name. */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const CLOUDFRONT_PATTERN = /^cloudfront(?:-\d+)?$/;
export const ASSET_ID_PATTERN = /^[0-9a-f]{64}$/;
const PARITY_GROUP_ID_PATTERN = /^[0-9a-f]{32}$/;

export const isName = (text: string): boolean => NAME_PATTERN.test(text);
export const isTitleId = (text: string): text is TitleId => isName(text);
export const isCloudFrontId = (text: string): text is CloudFrontId => CLOUDFRONT_PATTERN.test(text);
export const isOcaId = (text: string): text is OcaId => isName(text) && !isCloudFrontId(text);
export const isSiteId = (text: string): text is SiteId => isName(text);
export const isDiskId = (text: string): text is DiskId => isName(text);
export const isAssetId = (text: string): text is AssetId => ASSET_ID_PATTERN.test(text);
export const isParityGroupId = (text: string): text is ParityGroupId =>
  PARITY_GROUP_ID_PATTERN.test(text);
