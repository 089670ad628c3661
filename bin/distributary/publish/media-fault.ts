import { CdnError } from '#domain/errors.ts';

/** A playback manifest that cannot be published: what, where, what was expected and what was found. */
export const mediaFault = (file: string, expected: string, found: string): CdnError =>
  new CdnError('media-invalid', `${file}: expected ${expected}; found ${found}`);
