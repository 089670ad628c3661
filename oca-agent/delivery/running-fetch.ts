import { type Bytes, bytes } from '#domain/units.ts';
import type { Refusal, Representation } from './delivery-headers.ts';
import type { Disks, GrowingAsset } from './growing-asset.ts';
import type { Taken } from './http-cache/stored-response.ts';

/**
 * How a miss fetch began. Whoever is told `growing` must release the source. `unvouched`: nothing says that the answer is the
 * published file; whoever began the fetch answers with it. `unstorable`: no disk has room, or the upstream did not say how long
 * the file is.
 */
export type FetchBeginning =
  | {
      kind: 'growing';
      representation: Representation;
      upstreamCacheStatus: string | undefined;
      source: GrowingAsset;
    }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'unvouched'; taken: Taken }
  | { kind: 'unstorable' };

/** Keeps the growing file open for everybody who joined, from the moment of joining. */
export class RunningFetch {
  /** Who came before it was known how the fetch begins. */
  clients = 0;
  readonly #disksFor: (sizeBytes: Bytes) => Disks;
  readonly #beginning = Promise.withResolvers<FetchBeginning>();
  #source: GrowingAsset | undefined;

  constructor(disksFor: (sizeBytes: Bytes) => Disks) {
    this.#disksFor = disksFor;
  }

  /** It has not broken off, and nothing of it is lost to one who comes now. */
  get isJoinable(): boolean {
    return this.#source?.isJoinable ?? true;
  }

  async join(): Promise<FetchBeginning> {
    const source = this.#source;
    if (!source) {
      this.clients += 1;
      return this.#beginning.promise;
    }
    source.retain();
    const beginning = await this.#beginning.promise;
    const sizeBytes = beginning.kind === 'growing' ? beginning.representation.sizeBytes : 0;
    if (await source.settle(this.#disksFor(bytes(sizeBytes)))) return beginning;
    await source.release();
    return { kind: 'unstorable' };
  }

  tell(beginning: FetchBeginning): void {
    if (beginning.kind === 'growing' && !this.#source) {
      this.#source = beginning.source;
      for (let client = 0; client < this.clients; client += 1) this.#source.retain();
    }
    this.#beginning.resolve(beginning);
  }
}
