import type { TitleId } from '#domain/ids.ts';
import type { MediaFolder } from './media-folder.ts';

/** A title to publish: its media, and what it is to be called. */
export interface Publication {
  readonly titleId: TitleId;
  readonly name: string;
  readonly credit?: string;
  readonly media: MediaFolder;
}
