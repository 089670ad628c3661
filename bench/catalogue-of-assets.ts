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
    ...nameNumber(n),
    etag: `"${assetId.slice(0, 32)}"`,
    contentType: 'video/mp4',
    fetchedAt: epochMs(1_790_000_000_000 + n),
  };
  return { assetId, name };
}

/** The n-th name in texts of its own, which no table has seen. */
export function nameAsked(n: number): Pick<AssetName, 'titleId' | 'file'> {
  const { titleId, file } = nameNumber(n);
  return { titleId: copied(titleId) as TitleId, file: copied(file) };
}

const nameNumber = (n: number) => ({
  titleId: `title-${Math.floor(n / FILES_PER_TITLE)}` as TitleId,
  file: `video-${n % FILES_PER_TITLE}.mp4`,
});
const copied = (text: string): string => Buffer.from(text).toString('latin1');
