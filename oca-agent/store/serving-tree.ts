import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { contentTypeOf } from '#domain/delivery/content-type.ts';
import { isTitleId, type TitleId } from '#domain/ids.ts';
import { failureFacts, type Log } from '../log.ts';
import type { FileSystem } from '../platform/file-system.ts';
import { type AssetName, type HeldAsset, isDoubted, type NamedAsset } from './asset.ts';
import type { NameWatcher } from './name-watcher.ts';
import { Turns } from './turns.ts';

type Name = Pick<AssetName, 'titleId' | 'file'>;

/** What the tree needs to know of the store. */
export interface LinkedNames {
  find(titleId: TitleId, file: string): NamedAsset | undefined;
  assets(): Iterable<HeldAsset>;
  namesOf(assetId: HeldAsset['assetId']): readonly Name[];
}

export interface ServingTreeOptions {
  readonly folder: string;
  readonly names: LinkedNames;
  /** Where the file of an asset lies; undefined while its disk does not give it out. */
  readonly pathOf: (asset: HeldAsset) => string | undefined;
  readonly files: FileSystem;
  readonly log: Log;
}

/**
 * A tree of links for a web server: `<folder>/<titleId>/<file>` points at the file of the asset that this name means.
 *
 *     film-1/video/1080p.mp4 ──► /disks/hdd-7/objects/3f/3f9a…
 *
 * Names whose type a web server would not tell from the file's name get no link.
 *
 * A link follows its name once the index says so, is replaced in one step, and goes before the bytes do. The tree can be
 * told anew from the index at any time, so nothing in it is synced, and no failure of it fails anything else.
 */
export class ServingTree implements NameWatcher {
  readonly #options: ServingTreeOptions;
  /** One change to a title's folders at a time. */
  readonly #turns = new Turns<TitleId>();

  constructor(options: ServingTreeOptions) {
    this.#options = options;
  }

  placed(_asset: HeldAsset, names: readonly Name[]): Promise<void> {
    return this.#followAll(names);
  }
  withdrawn(names: readonly Name[]): Promise<void> {
    return this.#followAll(names);
  }

  /** Makes the whole tree say what the index says, in the background of everything else. @throws what the system says. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { folder, files, names, log } = this.#options;
    await files.makeFolder(this.#unfinished);
    for (const entry of await files.list(this.#unfinished))
      await files.remove(join(this.#unfinished, entry));
    for (const entry of await files.list(folder))
      if (isTitleId(entry)) await this.#prune(entry, '', signal);
    for (const { assetId } of names.assets()) {
      if (signal.aborted) return;
      await this.#followAll(names.namesOf(assetId));
    }
    log('store.tree.reconciled');
  }

  /** Resolves when no link is being changed. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  async #followAll(names: readonly Name[]): Promise<void> {
    await Promise.all(names.map((name) => this.#follow(name)));
  }

  /** Lets the link of a name say what the index says at that moment. */
  #follow(name: Name): Promise<void> {
    const { names, pathOf, log } = this.#options;
    return this.#turns.run(name.titleId, async () => {
      try {
        const asset = names.find(name.titleId, name.file);
        const target = asset && isServable(asset) ? pathOf(asset) : undefined;
        if (target === undefined) await this.#unlink(name);
        else await this.#link(name, target);
      } catch (error) {
        log('store.tree.failed', { titleId: name.titleId, ...failureFacts(error) });
      }
    });
  }

  async #link(name: Name, target: string): Promise<void> {
    const { files } = this.#options;
    const path = this.#pathOf(name);
    if ((await files.readLink(path)) === target) return;
    await files.makeFolder(this.#unfinished);
    await files.makeFolder(dirname(path));
    const unfinished = join(this.#unfinished, randomUUID());
    await files.link(target, unfinished);
    await files.rename(unfinished, path).catch(async (error: unknown) => {
      await files.remove(unfinished);
      throw error;
    });
  }

  async #unlink(name: Name): Promise<void> {
    const { folder, files } = this.#options;
    const path = this.#pathOf(name);
    if ((await files.readLink(path)) === undefined) return;
    await files.remove(path);
    for (let parent = dirname(path); parent !== folder; parent = dirname(parent))
      await files.removeEmptyFolder(parent);
  }

  /** Looks at each link of a title below `inside`: what it is called, and what is to become of it. */
  async #prune(titleId: TitleId, inside: string, signal: AbortSignal): Promise<void> {
    const { folder, files } = this.#options;
    for (const entry of await files.list(join(folder, titleId, inside))) {
      if (signal.aborted) return;
      const file = inside === '' ? entry : `${inside}/${entry}`;
      const path = join(folder, titleId, file);
      const isLink = (await files.readLink(path)) !== undefined;
      if (isLink) await this.#follow({ titleId, file });
      else if ((await files.stat(path))?.kind === 'folder')
        await this.#prune(titleId, file, signal);
    }
  }

  #pathOf({ titleId, file }: Name): string {
    return join(this.#options.folder, titleId, file);
  }
  get #unfinished(): string {
    return join(this.#options.folder, '.unfinished');
  }
}

/** What must be confirmed first is left to the agent. */
const isServable = (asset: NamedAsset): boolean => isTypeTold(asset) && !isDoubted(asset);

const isTypeTold = ({ file, contentType }: NamedAsset): boolean =>
  contentType === contentTypeOf(file);
