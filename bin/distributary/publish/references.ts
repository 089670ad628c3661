import { isFile } from '#domain/delivery/path-grammar.ts';
import { mediaFault } from './media-fault.ts';

/** A stand-in for the title's folder, so that references resolve by the rules of URLs (RFC 3986 §5). */
const FOLDER = 'http://title.invalid/';

/** Resolves what a manifest refers to into files of the title. */
export class References {
  readonly #manifest: string;
  readonly #files: ReadonlySet<string>;

  /** `files` are all files of the title, by their paths in its folder. */
  constructor(manifest: string, files: ReadonlySet<string>) {
    this.#manifest = manifest;
    this.#files = files;
  }

  /** Where references in the manifest start from. */
  get base(): string {
    return `${FOLDER}${this.#manifest}`;
  }

  resolve(reference: string, base: string): string {
    return URL.parse(reference, base)?.href ?? base;
  }

  /** @throws CdnError `media-invalid` when there is no such file, or its name cannot stand in a URL of ours. */
  fileAt(url: string): string {
    const file = this.pathOf(url);
    if (!isFile(file))
      throw this.fault(
        'file names of A-Z a-z 0-9 . _ - and /, inside the folder',
        JSON.stringify(file),
      );
    if (!this.#files.has(file))
      throw this.fault(`the file ${file}, which it refers to`, 'no such file');
    return file;
  }

  pathOf(url: string): string {
    if (!url.startsWith(FOLDER)) throw this.fault('references into its own folder', url);
    return decodeURIComponent(new URL(url).pathname.slice(1));
  }

  fault(expected: string, found: string) {
    return mediaFault(this.#manifest, expected, found);
  }

  /**
   * The files of a DASH segment template, in order of their numbers or times. Source: ISO/IEC 23009-1 §5.3.9.4.4.
   * @throws CdnError `media-invalid` when none matches or a number is missing.
   */
  matching(template: string, base: string): string[] {
    const marked = template.replace(/\$(Number|Time)(?:%0\d+d)?\$/, '--$1--');
    const path = this.pathOf(this.resolve(marked, base));
    const [kind] = /(?<=--)(?:Number|Time)(?=--)/.exec(path) ?? [];
    if (!kind) throw this.fault('$Number$ or $Time$ in a segment template', template);
    const [before = '', after = ''] = path.split(`--${kind}--`);
    const found = [...this.#files].flatMap((file) => {
      const middle = file.slice(before.length, file.length - after.length);
      const isMatch = file.startsWith(before) && file.endsWith(after) && /^\d+$/.test(middle);
      return isMatch ? [{ file, number: Number(middle) }] : [];
    });
    found.sort((left, right) => left.number - right.number);
    if (found.length === 0) throw this.fault(`files like ${template}`, 'none');
    const gap = found.find(
      ({ number }, index) => index > 0 && found[index - 1]?.number !== number - 1,
    );
    if (kind === 'Number' && gap)
      throw this.fault(`no gap in files like ${template}`, `nothing before ${gap.file}`);
    return found.map(({ file }) => file);
  }
}
