import { isMap, isSeq, parseDocument, stringify, type YAMLMap } from 'yaml';
import { CdnError } from '#domain/errors.ts';
import type { PublicKey } from '#protocol/key-document.ts';

/**
 * The text of a configuration with exactly these keys in `tokens.publicKeys`: those that are there stay as they are
 * written, others go, new ones come last. All else stays to the byte: no printer of YAML keeps `100e9` or every comment.
 * @throws CdnError `config-invalid` where the list is not a block of `- kid: …`, one key below the other.
 */
export function withPublicKeys(configText: string, publicKeys: readonly PublicKey[]): string {
  const items = publicKeyItems(configText);
  const kept = new Set(publicKeys.map(({ kid }) => kid));
  const written = new Set(items.map(({ kid }) => kid));
  const last = items.at(-1);
  if (!last || !items.some(({ kid }) => kept.has(kid)))
    throw new CdnError('config-invalid', 'tokens.publicKeys names no key that stays in force');
  const added = publicKeys
    .filter(({ kid }) => !written.has(kid))
    .map(({ kid, x }) => `${last.indent}- kid: ${scalar(kid)}\n${last.indent}  x: ${scalar(x)}\n`);
  const before = configText.slice(0, last.end);
  const lineEnd = before.endsWith('\n') ? '' : '\n';
  const extended = before + lineEnd + added.join('') + configText.slice(last.end);
  return items
    .filter(({ kid }) => !kept.has(kid))
    .toReversed()
    .reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), extended);
}

interface Item {
  readonly kid: string;
  /** Whole lines, from the dash to the end of the last one. */
  readonly start: number;
  readonly end: number;
  readonly indent: string;
}

function publicKeyItems(configText: string): Item[] {
  const list = parseDocument(configText).getIn(['tokens', 'publicKeys'], true);
  if (!isSeq(list) || list.flow === true) throw notABlock();
  return list.items.map((item) => {
    if (!isMap(item)) throw notABlock();
    return blockItem(configText, item);
  });
}

function blockItem(configText: string, item: YAMLMap): Item {
  const [valueStart, valueEnd] = item.range ?? [0, 0];
  const start = configText.lastIndexOf('\n', valueStart) + 1;
  const indent = /^( *)- $/.exec(configText.slice(start, valueStart))?.[1];
  if (indent === undefined) throw notABlock();
  const value = configText.slice(valueStart, valueEnd).trimEnd();
  const lineEnd = configText.indexOf('\n', valueStart + value.length);
  const end = lineEnd < 0 ? configText.length : lineEnd + 1;
  return { kid: String(item.get('kid')), start, end, indent };
}

const notABlock = (): CdnError =>
  new CdnError(
    'config-invalid',
    'tokens.publicKeys: expected a list with a line "- kid: …" for every key, to add one',
  );

const scalar = (text: string): string => stringify(text, { lineWidth: 0 }).trim();
