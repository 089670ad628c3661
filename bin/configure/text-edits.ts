import { type Document, isNode, isScalar, parseDocument, stringify } from 'yaml';
import { invariant } from '#domain/invariant.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Changes values of a YAML text where they stand. What is not changed stays as it is to the byte: comments, quotes, and
 * `100e9` as it was written, which no printer of YAML keeps.
 */
export class TextEdits {
  private readonly source: string;
  private readonly document: Document;
  private readonly edits: Edit[] = [];

  constructor(source: string) {
    this.source = source;
    this.document = parseDocument(source);
  }

  /** A scalar, in quotes when it was. */
  setScalar(path: readonly (string | number)[], value: string | number | boolean): void {
    const node = this.document.getIn(path, true);
    invariant(isScalar(node), `${path.join('.')} is a scalar`);
    const isQuoted = node.type === 'QUOTE_DOUBLE';
    this.replace(path, isQuoted ? JSON.stringify(value) : plainText(value));
  }

  /** A list or mapping, on the line of its key. */
  setFlow(path: readonly (string | number)[], value: unknown): void {
    const { start, end } = this.rangeOf(path);
    const gap = /\s*$/.exec(this.source.slice(0, start))?.[0].length ?? 0;
    this.edits.push({ start: start - gap, end, text: ` ${flowText(value)}` });
  }

  /** Any node by text that is indented already, but for its first line. */
  replace(path: readonly (string | number)[], text: string): void {
    this.edits.push({ ...this.rangeOf(path), text });
  }

  private rangeOf(path: readonly (string | number)[]): { start: number; end: number } {
    const node = this.document.getIn(path, true);
    invariant(isNode(node) && node.range, `${path.join('.')} is there`);
    const [start, end] = node.range;
    return { start, end: start + this.source.slice(start, end).trimEnd().length };
  }

  /** Text that stands in the source once, such as an option that is commented out. */
  replaceText(text: string, by: string): void {
    const start = this.source.indexOf(text);
    invariant(start >= 0, `the text has: ${text}`);
    invariant(this.source.indexOf(text, start + 1) < 0, `the text has only once: ${text}`);
    this.edits.push({ start, end: start + text.length, text: by });
  }

  /** The text with all edits in it. They must not overlap. */
  toString(): string {
    const ordered = this.edits.toSorted((one, other) => other.start - one.start);
    return ordered.reduce(
      (text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end),
      this.source,
    );
  }
}

/** A scalar, in quotes only where it would be read as something else. */
export const plainText = (value: string | number | boolean): string =>
  stringify(value, { lineWidth: 0 }).trim();

export const flowText = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true })
    .trim()
    .replaceAll(/\[ (.*?) \]/g, '[$1]');
