import { bitsPerSecond } from '#domain/units.ts';
import type { Track } from '#protocol/title-catalog.ts';
import { compactTrack, type PlaybackManifest } from './playback-manifest.ts';
import { References } from './references.ts';
import { audioCodecs, trackProfile, videoCodecs } from './track-profile.ts';

type Attributes = ReadonlyMap<string, string>;

/** A media playlist that the multivariant playlist leads to. */
interface Rendition {
  readonly playlist: string;
  readonly attributes: Attributes;
  readonly kind: Track['kind'];
}

/** Whether a playlist leads to others, rather than to segments. */
export const isMultivariant = (text: string): boolean => text.includes('#EXT-X-STREAM-INF:');

/**
 * Reads the tracks of a multivariant playlist and the files behind them. Source: RFC 8216 §4.
 * @throws CdnError `media-invalid`
 */
export function readHlsPlaylist(
  text: string,
  file: string,
  source: { readonly files: ReadonlySet<string>; readonly read: (file: string) => string },
): PlaybackManifest {
  const references = new References(file, source.files);
  if (!text.startsWith('#EXTM3U'))
    throw references.fault('#EXTM3U in its first line', text.slice(0, 20));
  const renditions = renditionsOf(text, references);
  const variants = renditions.filter(({ kind }) => kind === 'video');
  const audioCodec = audioCodecs(
    variants.map(({ attributes }) => attributes.get('CODECS') ?? '').join(','),
  );
  const read = renditions.map((rendition, index) => {
    const media = readMediaPlaylist(
      source.read(rendition.playlist),
      rendition.playlist,
      source.files,
    );
    const track = trackOf(rendition, { index, media, audioCodec: audioCodec.split(',')[0] ?? '' });
    return { media, track };
  });
  const extra = iFramePlaylists(text, references).map(
    (playlist) => readMediaPlaylist(source.read(playlist), playlist, source.files).files,
  );
  const files = [...read.flatMap(({ media }) => media.files), ...extra.flat()];
  return {
    durationSeconds: Math.max(0, ...read.map(({ media }) => media.durationSeconds)),
    tracks: read.map(({ track }) => track),
    files: [file, ...new Set(files)],
  };
}

interface MediaPlaylist {
  readonly durationSeconds: number;
  /** The playlist itself, then its initialization and segments. */
  readonly files: readonly string[];
}

function readMediaPlaylist(text: string, file: string, files: ReadonlySet<string>): MediaPlaylist {
  const references = new References(file, files);
  if (!text.includes('#EXT-X-ENDLIST'))
    throw references.fault('#EXT-X-ENDLIST, which ends a finished playlist', 'none');
  const lines = text.split(/\r?\n/);
  const maps = lines
    .filter((line) => line.startsWith('#EXT-X-MAP:'))
    .map((line) => attributesOf(line).get('URI') ?? '');
  const segments = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const durations = lines
    .filter((line) => line.startsWith('#EXTINF:'))
    .map((line) => Number.parseFloat(line.slice('#EXTINF:'.length)));
  const found = [...new Set([...maps, ...segments])].map((reference) =>
    references.fileAt(references.resolve(reference, references.base)),
  );
  return {
    durationSeconds: durations.reduce((sum, duration) => sum + duration, 0),
    files: [file, ...found],
  };
}

function renditionsOf(text: string, references: References): Rendition[] {
  const lines = text.split(/\r?\n/);
  const found = lines.flatMap((line, index): Rendition[] => {
    if (line.startsWith('#EXT-X-STREAM-INF:')) {
      const uri = lines.slice(index + 1).find((next) => next !== '' && !next.startsWith('#')) ?? '';
      return [rendition(uri, attributesOf(line), 'video', references)];
    }
    const attributes = line.startsWith('#EXT-X-MEDIA:')
      ? attributesOf(line)
      : new Map<string, string>();
    const uri = attributes.get('URI');
    if (uri === undefined) return [];
    const kind =
      attributes.get('TYPE') === 'AUDIO'
        ? 'audio'
        : attributes.get('TYPE') === 'VIDEO'
          ? 'video'
          : 'text';
    return [rendition(uri, attributes, kind, references)];
  });
  return [...new Map(found.map((one) => [one.playlist, one])).values()];
}

const rendition = (
  uri: string,
  attributes: Attributes,
  kind: Track['kind'],
  references: References,
): Rendition => ({
  playlist: references.fileAt(references.resolve(uri, references.base)),
  attributes,
  kind,
});

const iFramePlaylists = (text: string, references: References): string[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('#EXT-X-I-FRAME-STREAM-INF:'))
    .map((line) =>
      references.fileAt(references.resolve(attributesOf(line).get('URI') ?? '', references.base)),
    );

function trackOf(
  { attributes, kind }: Rendition,
  { index, media, audioCodec }: { index: number; media: MediaPlaylist; audioCodec: string },
): Track {
  const [width, height] = (attributes.get('RESOLUTION') ?? '').split('x').map(Number);
  const codecs =
    kind === 'video'
      ? videoCodecs(attributes.get('CODECS') ?? '')
      : kind === 'audio'
        ? audioCodec
        : 'wvtt';
  const bandwidth = Number(attributes.get('AVERAGE-BANDWIDTH') ?? attributes.get('BANDWIDTH') ?? 0);
  return compactTrack({
    trackId: String(index),
    kind,
    profile: trackProfile({
      codecs,
      height: height || undefined,
      channels: attributes.get('CHANNELS'),
    }),
    codecs,
    bandwidthBitsPerSecond: bitsPerSecond(bandwidth),
    width: width || undefined,
    height: height || undefined,
    language: attributes.get('LANGUAGE'),
    files: media.files.slice(1),
  });
}

/** An attribute list: `NAME=value` with values that may be quoted and hold commas. Source: RFC 8216 §4.2. */
function attributesOf(line: string): Attributes {
  const list = line.slice(line.indexOf(':') + 1);
  const found = [...list.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g)];
  return new Map(found.map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
}
