import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isTitleId, type TitleId } from '#domain/ids.ts';
import { findTitleFolders, readMediaFolder } from '../../bin/distributary/publish/media-folder.ts';
import type { Publication } from '../../bin/distributary/publish/publication.ts';

/** The titles that come with this repository. */
const SHIPPED_MEDIA = join(import.meta.dirname, '..', 'media');

/**
 * Reads the titles in the user's folder, or the shipped ones, all of them before anything is started.
 * @throws CdnError `media-without-manifest`, `media-invalid`
 */
export function readTitles(folder: string | undefined): Publication[] {
  return findTitleFolders(folder ?? SHIPPED_MEDIA).map(publicationOf);
}

function publicationOf(folder: string): Publication {
  const media = readMediaFolder(folder);
  const { titleId, name, credit } = media.description;
  const folderName = basename(folder);
  return {
    titleId: (titleId ?? titleIdFrom(folderName)) as TitleId,
    name: name ?? folderName,
    ...(credit === undefined ? {} : { credit }),
    media,
  };
}

/** A title id out of a folder's name: `My Clip (2)` becomes `my-clip-2`. */
function titleIdFrom(folderName: string): string {
  const words = folderName.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const id = words.join('-').slice(0, 63).replace(/-$/, '');
  return isTitleId(id) ? id : 'title';
}

/** Bytes of all files that will be published. */
export const mediaBytes = (titles: readonly Publication[]): number =>
  titles
    .flatMap(({ media }) => media.files.map((file) => statSync(join(media.folder, file)).size))
    .reduce((sum, size) => sum + size, 0);
