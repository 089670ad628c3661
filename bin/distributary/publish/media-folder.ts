import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { CdnError } from '#domain/errors.ts';
import { decodeJson, describeFaults, object, optional, text } from '#protocol/decode.ts';
import { titleId } from '#protocol/fields.ts';
import { readDashManifest } from './dash-manifest.ts';
import { isMultivariant, readHlsPlaylist } from './hls-playlist.ts';
import { mediaFault } from './media-fault.ts';
import type { PlaybackManifest } from './playback-manifest.ts';

/** A folder with one encoded title, understood. */
export interface MediaFolder extends PlaybackManifest {
  readonly folder: string;
  readonly dash?: string;
  readonly hls?: string;
  /** Files that no manifest leads to: they are not published. */
  readonly leftOut: readonly string[];
  /** From `title.json`, where there is one. */
  readonly description: TitleDescription;
}

/** `title.json`, an optional file that describes the title beside its media. */
export interface TitleDescription {
  readonly titleId?: string;
  readonly name?: string;
  readonly credit?: string;
}

const DESCRIPTION_FILE = 'title.json';
const titleDescription = object({
  titleId: optional(titleId),
  name: optional(text({ lengthMax: 256 })),
  credit: optional(text({ lengthMax: 1024 })),
});

/**
 * Reads the MPD and the HLS multivariant playlist in a folder and follows them to every file of the title.
 * @throws CdnError `media-without-manifest`, or `media-invalid` for a manifest that cannot be published.
 */
export function readMediaFolder(folder: string): MediaFolder {
  const files = listFiles(folder);
  const known = new Set(files);
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const dash = soleManifest(files.filter((file) => file.endsWith('.mpd')));
  const hls = soleManifest(
    files.filter((file) => file.endsWith('.m3u8') && isMultivariant(read(file))),
  );
  if (dash === undefined && hls === undefined) throw withoutManifest(folder);
  const dashManifest = dash === undefined ? undefined : readDashManifest(read(dash), dash, known);
  const hlsPlaylist =
    hls === undefined ? undefined : readHlsPlaylist(read(hls), hls, { files: known, read });
  const manifests = [dashManifest, hlsPlaylist].flatMap((manifest) => manifest ?? []);
  const published = new Set(manifests.flatMap((manifest) => manifest.files));
  return {
    folder,
    ...(dash === undefined ? {} : { dash }),
    ...(hls === undefined ? {} : { hls }),
    durationSeconds: manifests[0]?.durationSeconds ?? 0,
    tracks: manifests[0]?.tracks ?? [],
    files: [...published].sort(),
    leftOut: files.filter((file) => !published.has(file) && file !== DESCRIPTION_FILE),
    description: known.has(DESCRIPTION_FILE) ? readDescription(read(DESCRIPTION_FILE)) : {},
  };
}

/**
 * The folders with titles in `folder`: itself when manifests lie in it, else those of its subfolders that have some.
 * @throws CdnError `media-without-manifest`
 */
export function findTitleFolders(folder: string): string[] {
  const hasManifest = (path: string) =>
    entriesOf(path).some((entry) => entry.isFile() && /\.(?:mpd|m3u8)$/.test(entry.name));
  if (hasManifest(folder)) return [folder];
  const found = entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name))
    .filter(hasManifest);
  if (found.length === 0) throw withoutManifest(folder);
  return found.sort();
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new CdnError(
      'media-without-manifest',
      `the media folder ${folder} cannot be read (${reason})`,
      { cause },
    );
  }
}

const withoutManifest = (folder: string) =>
  new CdnError(
    'media-without-manifest',
    `${folder} holds no playback manifest; expected an MPD (*.mpd) or an HLS multivariant playlist (*.m3u8) in it or in its subfolders`,
  );

/** Paths in the folder, with `/`; what begins with a dot is not looked at. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !/(?:^|\/)\./.test(path) && statSync(join(folder, path)).isFile())
    .sort();
}

/** One manifest of a kind: the only one in the folder, or the only one at its top. */
function soleManifest(found: readonly string[]): string | undefined {
  const top = found.filter((file) => !file.includes('/'));
  const [first, second] = top.length > 0 ? top : found;
  if (second !== undefined)
    throw mediaFault(
      String(first),
      'to be the only playback manifest of its kind',
      `${second} beside it`,
    );
  return first;
}

function readDescription(json: string): TitleDescription {
  const decoded = decodeJson(titleDescription, json);
  if (!decoded.ok)
    throw mediaFault(DESCRIPTION_FILE, 'a title description', describeFaults(decoded.faults));
  return decoded.value;
}

/** A path relative to the current folder, for messages. */
export const shownPath = (path: string): string => relative('', path) || '.';
