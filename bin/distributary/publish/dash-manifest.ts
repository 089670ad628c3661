import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';
import { bitsPerSecond } from '#domain/units.ts';
import type { Track } from '#protocol/title-catalog.ts';
import { mediaFault } from './media-fault.ts';
import { compactTrack, type PlaybackManifest } from './playback-manifest.ts';
import { References } from './references.ts';
import { trackProfile } from './track-profile.ts';

/** A Representation with what encloses it, outermost first: attributes and segment addressing are inherited. */
interface Scope {
  readonly chain: readonly Element[];
  readonly base: string;
}

/**
 * Reads the tracks of a static MPD and the files behind them: SegmentBase, SegmentList and SegmentTemplate.
 * Source: ISO/IEC 23009-1:2022 §5.3.
 * @throws CdnError `media-invalid`
 */
export function readDashManifest(
  xml: string,
  file: string,
  files: ReadonlySet<string>,
): PlaybackManifest {
  const references = new References(file, files);
  const mpd = parseXml(xml, file);
  if (mpd.localName !== 'MPD') throw references.fault('the root element MPD', `${mpd.localName}`);
  if ((mpd.getAttribute('type') ?? 'static') !== 'static')
    throw references.fault('a finished presentation, type="static"', 'a live one');
  const periods = children(mpd, 'Period');
  const representations = periods.flatMap((period, index) =>
    children(period, 'AdaptationSet').flatMap((set) =>
      children(set, 'Representation').map((representation) => {
        const chain = [mpd, period, set, representation];
        const prefix = periods.length > 1 ? `${index}-` : '';
        return readRepresentation({ chain, base: baseOf(chain, references) }, prefix, references);
      }),
    ),
  );
  if (representations.length === 0) throw references.fault('a Representation', 'none');
  return {
    durationSeconds: durationOf(mpd, periods, references),
    tracks: representations.flatMap(({ track }) => (track ? [track] : [])),
    files: [file, ...new Set(representations.flatMap((representation) => representation.files))],
  };
}

function parseXml(xml: string, file: string): Element {
  try {
    const root = new DOMParser({ onError: onErrorStopParsing }).parseFromString(xml, 'text/xml');
    if (root.documentElement) return root.documentElement;
  } catch (cause) {
    throw mediaFault(file, 'well-formed XML', firstLine(String(cause)));
  }
  throw mediaFault(file, 'well-formed XML', 'no element');
}

function readRepresentation(
  scope: Scope,
  idPrefix: string,
  references: References,
): { files: readonly string[]; track: Track | undefined } {
  const files = filesOf(scope, references);
  const kind = kindOf(scope);
  if (!kind) return { files, track: undefined };
  const codecs = attribute(scope, 'codecs') ?? '';
  const height = numberAttribute(scope, 'height');
  const channels = kind === 'audio' ? channelsOf(scope) : undefined;
  const track = compactTrack({
    trackId: `${idPrefix}${attribute(scope, 'id') ?? ''}`,
    kind,
    profile: trackProfile({ codecs, height, channels }),
    codecs,
    bandwidthBitsPerSecond: bitsPerSecond(numberAttribute(scope, 'bandwidth') ?? 0),
    width: numberAttribute(scope, 'width'),
    height,
    language: attribute(scope, 'lang'),
    files,
  });
  return { files, track };
}

function kindOf(scope: Scope): Track['kind'] | undefined {
  const declared = attribute(scope, 'contentType') ?? attribute(scope, 'mimeType') ?? '';
  const [kind = ''] = declared.split('/');
  if (kind === 'video' || kind === 'audio') return kind;
  const isText =
    kind === 'text' || /ttml|wvtt|stpp/.test(`${declared} ${attribute(scope, 'codecs')}`);
  return isText ? 'text' : undefined;
}

/** The files of one Representation, initialization first. */
function filesOf(scope: Scope, references: References): string[] {
  const template = inherited(scope, 'SegmentTemplate');
  if (template) return templateFiles(scope, template, references);
  const list = inherited(scope, 'SegmentList');
  const single = list ?? inherited(scope, 'SegmentBase');
  const media = (list ? children(list, 'SegmentURL') : []).map((segment) =>
    segment.getAttribute('media'),
  );
  const initialization = (single ? children(single, 'Initialization') : []).map((element) =>
    element.getAttribute('sourceURL'),
  );
  const urls = [...initialization, ...media].map((reference) =>
    reference ? references.resolve(reference, scope.base) : scope.base,
  );
  return [...new Set(urls.length === 0 ? [scope.base] : urls)].map((url) => references.fileAt(url));
}

function templateFiles(scope: Scope, template: Element, references: References): string[] {
  const named = (name: string) => {
    const value = scope.chain
      .map((element) => children(element, 'SegmentTemplate')[0]?.getAttribute(name))
      .findLast((text) => typeof text === 'string');
    return value
      ?.replaceAll('$RepresentationID$', attribute(scope, 'id') ?? '')
      .replaceAll('$Bandwidth$', attribute(scope, 'bandwidth') ?? '');
  };
  const media = named('media');
  if (!media)
    throw references.fault(
      'the attribute media of SegmentTemplate',
      template.toString().slice(0, 80),
    );
  const initialization = named('initialization');
  const first = initialization
    ? [references.fileAt(references.resolve(initialization, scope.base))]
    : [];
  return [...first, ...references.matching(media, scope.base)];
}

/** The element of this name nearest to the Representation. */
const inherited = (scope: Scope, name: string): Element | undefined =>
  scope.chain.flatMap((element) => children(element, name)).at(-1);

function attribute(scope: Scope, name: string): string | undefined {
  const [, , set, representation] = scope.chain;
  return representation?.getAttribute(name) ?? set?.getAttribute(name) ?? undefined;
}

function numberAttribute(scope: Scope, name: string): number | undefined {
  const value = Number(attribute(scope, name) ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

function channelsOf(scope: Scope): string | undefined {
  const configuration = inherited(scope, 'AudioChannelConfiguration');
  return configuration?.getAttribute('value') ?? undefined;
}

/** Every level may have a BaseURL, relative to that of the level above. */
function baseOf(chain: readonly Element[], references: References): string {
  return chain.reduce((base, element) => {
    const text = children(element, 'BaseURL')[0]?.textContent?.trim();
    return text ? references.resolve(text, base) : base;
  }, references.base);
}

function durationOf(mpd: Element, periods: readonly Element[], references: References): number {
  const whole = secondsOf(mpd.getAttribute('mediaPresentationDuration'));
  const parts = periods.map((period) => secondsOf(period.getAttribute('duration')) ?? 0);
  const durationSeconds = whole ?? parts.reduce((sum, part) => sum + part, 0);
  if (durationSeconds <= 0)
    throw references.fault('the attribute mediaPresentationDuration of MPD', 'none');
  return durationSeconds;
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/;

/** Seconds of an xs:duration without years and months. */
function secondsOf(text: string | null): number | undefined {
  const parts = DURATION.exec(text ?? '');
  if (!parts) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

const children = (element: Element, name: string): Element[] =>
  [...element.childNodes].filter(
    (node): node is Element => node.nodeType === 1 && (node as Element).localName === name,
  );

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
