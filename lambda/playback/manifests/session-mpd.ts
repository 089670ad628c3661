import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';
import { CdnError } from '#domain/errors.ts';
import { inlineSteering, type SteeringManifest } from '#protocol/steering-manifest.ts';

/** One pathway's base URL for a title, ending in `/`. */
export interface PathwayBase {
  readonly pathwayId: string;
  readonly url: string;
}

/** An MPD that was read once: a session's own is the text before, its pathways, the text after. */
export interface MpdTemplate {
  readonly head: string;
  readonly tail: string;
  /** The folder that the MPD's relative URLs are relative to, within the title; empty or ending in `/`. */
  readonly folder: string;
}

/** Marks the place of the pathways between parsing and serializing; a processing instruction can be nothing else's text. */
const PLACE = 'distributary-pathways';
/** Children of MPD that the schema wants before BaseURL. Source: ISO/IEC 23009-1, MPDtype. */
const BEFORE_BASE_URL = new Set(['ProgramInformation']);
/** Replaced or void in a session's MPD: `Location` would send players past the session. */
const REPLACED = new Set(['BaseURL', 'ContentSteering', 'Location', 'PatchLocation']);

/** @param file the MPD's file name in its title. @throws CdnError `upstream-invalid` unless `xml` is an MPD. */
export function readMpd(xml: string, file: string): MpdTemplate {
  const mpd = parseMpd(xml);
  const children = [...mpd.childNodes].filter((node): node is Element => node.nodeType === 1);
  const replaced = children.filter((child) => REPLACED.has(child.localName ?? ''));
  const original =
    replaced.find((child) => child.localName === 'BaseURL')?.textContent?.trim() ?? '';
  for (const child of replaced) mpd.removeChild(child);
  const next = children.find(
    (child) => !replaced.includes(child) && !BEFORE_BASE_URL.has(child.localName ?? ''),
  );
  const place = mpd.ownerDocument?.createProcessingInstruction(PLACE, '');
  if (place) mpd.insertBefore(place, next ?? null);
  const [head = '', tail = ''] = new XMLSerializer()
    .serializeToString(mpd.ownerDocument ?? mpd)
    .split(new RegExp(`<\\?${PLACE}\\s*\\?>`));
  return { head, tail, folder: folderOf(file, original) };
}

/** The session's MPD: inline steering, then one BaseURL a pathway in the order given, the first of which starts. */
export function sessionMpd(
  template: MpdTemplate,
  pathways: readonly PathwayBase[],
  steering: SteeringManifest,
): string {
  const start = escapeXml(pathways[0]?.pathwayId ?? '');
  const elements = [
    `<ContentSteering defaultServiceLocation="${start}" queryBeforeStart="true">${inlineSteering(steering)}</ContentSteering>`,
    ...pathways.map(
      ({ pathwayId, url }) =>
        `<BaseURL serviceLocation="${escapeXml(pathwayId)}">${escapeXml(url + template.folder)}</BaseURL>`,
    ),
  ];
  return `${template.head}${elements.join('\n\t')}\n\t${template.tail}`;
}

function parseMpd(xml: string): Element {
  const root = parseXml(xml);
  if (root?.localName === 'MPD') return root;
  throw new CdnError('upstream-invalid', `the title's MPD has the root element ${root?.localName}`);
}

function parseXml(xml: string): Element | null {
  const onError = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(message);
  };
  try {
    return new DOMParser({ onError }).parseFromString(xml, 'application/xml').documentElement;
  } catch (cause) {
    throw new CdnError('upstream-invalid', "the title's MPD is not well-formed XML", { cause });
  }
}

/** Relative to the title: the MPD's own folder, moved by the BaseURL that it had itself, if that was relative. */
function folderOf(file: string, originalBaseUrl: string): string {
  const root = 'http://title.invalid/';
  const own = new URL('.', new URL(file, root));
  const base = URL.canParse(originalBaseUrl, own) ? new URL(originalBaseUrl, own) : own;
  const url = base.origin === own.origin ? base : own;
  return new URL('.', url).pathname.slice(1);
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
