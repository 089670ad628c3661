import { CHUNK_BYTES } from '../../store/chunk-hashes.ts';
import { createCodec, type ErasureCodec } from '../codec/erasure-codec.ts';
import type { ParityShape } from '../groups/parity-record.ts';

/** A codec and one chunk of its memory for each piece. */
export interface Workbench {
  readonly codec: ErasureCodec;
  /** k + m of them. What stands in them is left from the last use. */
  readonly buffers: readonly Uint8Array[];
}

/** Each takes k + m MiB. Assumption: three keep all disks of a group busy. */
const BENCHES_MAX = 3;

/** Lends workbenches, a few at a time: whoever comes when all are lent waits. */
export class Workbenches {
  readonly #idle = new Map<string, Workbench[]>();
  readonly #waiting: (() => void)[] = [];
  #lentCount = 0;

  async use<T>(shape: ParityShape, work: (bench: Workbench) => Promise<T>): Promise<T> {
    if (this.#lentCount < BENCHES_MAX) this.#lentCount += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const kind = `${shape.dataFiles}+${shape.parityFiles}`;
    const bench = this.#idle.get(kind)?.pop() ?? newBench(shape);
    try {
      return await work(bench);
    } finally {
      this.#idle.set(kind, [...(this.#idle.get(kind) ?? []), bench]);
      const next = this.#waiting.shift();
      if (next) next();
      else this.#lentCount -= 1;
    }
  }
}

function newBench({ dataFiles, parityFiles }: ParityShape): Workbench {
  const codec = createCodec(dataFiles, parityFiles);
  return { codec, buffers: codec.allocate(dataFiles + parityFiles, CHUNK_BYTES) };
}
