import { CdnError } from '#domain/errors.ts';
import { inlineSteering, type SteeringManifest } from '#protocol/steering-manifest.ts';
import type { PathwayBase } from './session-mpd.ts';

/** A multivariant playlist that was read once. */
export interface PlaylistTemplate {
  /** Lines that stand once, `#EXTM3U` first. */
  readonly header: readonly string[];
  /** Renditions and variants, in the author's order: written once a pathway. */
  readonly entries: readonly PlaylistEntry[];
}

interface PlaylistEntry {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** As it stood in the playlist: in the `URI` attribute, or on the next line for a variant. */
  readonly uri?: string;
}

const ATTRIBUTE = /([A-Z0-9-]+)=("[^"]*"|[^,]*)(?:,|$)/g;
const VARIANT = '#EXT-X-STREAM-INF';
/** Tags that name a playlist, and so differ between pathways. Source: draft-pantos-hls-rfc8216bis, section 4.4.6. */
const PER_PATHWAY = new Set([VARIANT, '#EXT-X-MEDIA', '#EXT-X-I-FRAME-STREAM-INF']);
/** Replaced by ours. */
const REPLACED = '#EXT-X-CONTENT-STEERING';
const GROUP_REFERENCES = ['AUDIO', 'VIDEO', 'SUBTITLES', 'CLOSED-CAPTIONS'];

/** @throws CdnError `upstream-invalid` unless `text` is a multivariant playlist. */
export function readPlaylist(text: string): PlaylistTemplate {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines[0]?.trim() !== '#EXTM3U') {
    throw new CdnError('upstream-invalid', "the title's playlist does not begin with #EXTM3U");
  }
  const header: string[] = [];
  const entries: PlaylistEntry[] = [];
  for (const [index, line] of lines.entries()) {
    const [tag = '', list = ''] = splitOnce(line, ':');
    if (PER_PATHWAY.has(tag)) entries.push(entryOf(tag, list, lines[index + 1]));
    else if (line.startsWith('#') && tag !== REPLACED) header.push(line);
  }
  if (!entries.some((entry) => entry.tag === VARIANT)) {
    throw new CdnError('upstream-invalid', "the title's playlist holds no #EXT-X-STREAM-INF");
  }
  return { header, entries };
}

/**
 * The session's playlist: inline steering, then the whole ladder and its rendition groups once a pathway, with absolute
 * URIs and stable ids, so that a player may change the pathway without changing the rung.
 * @param file the playlist's file name in its title, which its relative URIs are relative to.
 */
export function sessionPlaylist(
  template: PlaylistTemplate,
  options: {
    readonly file: string;
    readonly pathways: readonly PathwayBase[];
    readonly steering: SteeringManifest;
  },
): string {
  const { file, pathways, steering } = options;
  const start = pathways[0]?.pathwayId ?? '';
  const [signature = '#EXTM3U', ...header] = template.header;
  const lines = [
    signature,
    ...header,
    `${REPLACED}:SERVER-URI="${inlineSteering(steering)}",PATHWAY-ID="${start}"`,
    ...pathways.flatMap((pathway) =>
      template.entries.map((entry) => entryLines(entry, pathway, file)),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function entryOf(tag: string, list: string, nextLine: string | undefined): PlaylistEntry {
  const attributes = new Map(
    [...list.matchAll(ATTRIBUTE)].map(([, name = '', value = '']) => [name, value] as const),
  );
  const uri = tag === VARIANT ? nextLine?.trim() : unquote(attributes.get('URI'));
  if (tag === VARIANT && (uri === undefined || uri.startsWith('#'))) {
    throw new CdnError('upstream-invalid', "a variant of the title's playlist has no URI");
  }
  return { tag, attributes, ...(uri === undefined ? {} : { uri }) };
}

function entryLines(entry: PlaylistEntry, { pathwayId, url }: PathwayBase, file: string): string {
  const attributes = new Map(entry.attributes);
  const isMedia = entry.tag === '#EXT-X-MEDIA';
  for (const name of isMedia ? ['GROUP-ID'] : GROUP_REFERENCES) {
    const group = attributes.get(name);
    if (group?.startsWith('"')) attributes.set(name, quote(`${unquote(group)}-${pathwayId}`));
  }
  const stableName = isMedia ? 'STABLE-RENDITION-ID' : 'STABLE-VARIANT-ID';
  if (!attributes.has(stableName)) attributes.set(stableName, quote(stableId(entry)));
  if (!isMedia) attributes.set('PATHWAY-ID', quote(pathwayId));
  const absolute = entry.uri === undefined ? undefined : new URL(entry.uri, url + file).href;
  const isOnNextLine = entry.tag === VARIANT;
  if (absolute !== undefined && !isOnNextLine) attributes.set('URI', quote(absolute));
  const list = [...attributes].map(([name, value]) => `${name}=${value}`).join(',');
  return isOnNextLine ? `${entry.tag}:${list}\n${absolute}` : `${entry.tag}:${list}`;
}

/** Equal on all pathways, different within one: what the entry is called, in the letters that a stable id may have. */
function stableId({ attributes, uri }: PlaylistEntry): string {
  const group = unquote(attributes.get('GROUP-ID')) ?? unquote(attributes.get('AUDIO')) ?? '';
  const name = uri ?? unquote(attributes.get('NAME')) ?? '';
  return [group, name]
    .filter((part) => part !== '')
    .join('/')
    .replaceAll(/[^A-Za-z0-9+/=._-]/g, '_');
}

const quote = (text: string) => `"${text}"`;
const unquote = (text: string | undefined) => text?.replaceAll('"', '');

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
