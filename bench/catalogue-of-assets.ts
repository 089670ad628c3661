import { hash } from 'node:crypto';
import type { AssetId, TitleId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import type { AssetName } from '../oca-agent/store/asset.ts';

/** As in the scale that the design plans for: 30,000 titles, 2 million assets. */
const FILES_PER_TITLE = 67;
export const ASSET_BYTES = bytes(8 * 2 ** 20);

/** The n-th of as many assets as are wanted, each under one name. */
export function assetNumber(n: number): { readonly assetId: AssetId; readonly name: AssetName } {
  const assetId = hash('sha256', String(n)) as AssetId;
  const name = {
    titleId: `title-${Math.floor(n / FILES_PER_TITLE)}` as TitleId,
    file: `video-${n % FILES_PER_TITLE}.mp4`,
    etag: `"${assetId.slice(0, 32)}"`,
    contentType: 'video/mp4',
    fetchedAt: epochMs(1_790_000_000_000 + n),
  };
  return { assetId, name };
}

/** Every title and file once, to be asked for in any order without making texts. */
export function namesOfAssets(count: number) {
  const titleIds = Array.from(
    { length: Math.ceil(count / FILES_PER_TITLE) },
    (_, title) => `title-${title}` as TitleId,
  );
  const files = Array.from({ length: FILES_PER_TITLE }, (_, file) => `video-${file}.mp4`);
  return {
    titleOf: (n: number) => titleIds[Math.floor(n / FILES_PER_TITLE)] as TitleId,
    fileOf: (n: number) => files[n % FILES_PER_TITLE] as string,
  };
}
