import type { Matrix } from '#domain/parity/parity-matrix.ts';
import { type Address, BUFFERS, Kernel, STEP_BYTES } from './kernel.ts';

/** What is not in a kernel's memory goes through it in strips of this, which stay in the second-level cache. */
const STRIP_BYTES = 32_768;

/** A sum of products to be made of arrays of any place and length. */
export interface Sum {
  readonly outputs: readonly Uint8Array[];
  /** Of each output its factors, one a source. */
  readonly factors: Matrix;
  /** A source that is shorter than the outputs counts as padded with zeros. */
  readonly sources: readonly Uint8Array[];
  readonly lengthBytes: number;
  /** Add to what the outputs have, instead of writing over it. */
  readonly adds: boolean;
}

/** Kernels by their memory, and how sums of arrays are made with them. */
export class KernelMemories {
  readonly #arrays: number;
  readonly #kernelByMemory = new WeakMap<ArrayBufferLike, Kernel>();
  #spare: Kernel | undefined;

  /** @param arrays outputs and sources of a sum, at most. */
  constructor(arrays: number) {
    this.#arrays = arrays;
  }

  /** Buffers of zeros in one new memory. */
  allocate(count: number, lengthBytes: number): Uint8Array[] {
    const stride = padded(lengthBytes);
    const kernel = new Kernel(this.#stripsBytes + count * stride);
    this.#kernelByMemory.set(kernel.memory, kernel);
    const start = BUFFERS + this.#stripsBytes;
    return Array.from(
      { length: count },
      (_, index) => new Uint8Array(kernel.memory, start + index * stride, lengthBytes),
    );
  }

  /** Cuts the sum where a source ends, so that in each part all sources have all bytes. */
  apply({ outputs, factors, sources, lengthBytes, adds }: Sum): void {
    const ends = new Set([...sources.map((source) => source.length), lengthBytes]);
    let from = 0;
    for (const to of [...ends].sort((one, other) => one - other)) {
      if (to <= from || to > lengthBytes) continue;
      const used = [...sources.keys()].filter(
        (at) => (sources[at]?.length ?? 0) >= to && factors.some((row) => row[at] !== 0),
      );
      if (used.length > 0) {
        this.#applyPart(from, to, {
          outputs,
          factors: factors.map((row) => Uint8Array.from(used, (at) => row[at] ?? 0)),
          sources: used.map((at) => sources[at] as Uint8Array),
          lengthBytes,
          adds,
        });
      } else if (!adds) for (const output of outputs) output.fill(0, from, to);
      from = to;
    }
  }

  /** What lies in the memory is used where it lies, but for the last bytes that are no whole step. */
  #applyPart(from: number, to: number, sum: Sum): void {
    const { outputs, factors, sources, adds } = sum;
    const arrays = [...outputs, ...sources];
    const kernel = this.#kernelOf(arrays);
    const whole = to - ((to - from) % STEP_BYTES);
    if (arrays.every(({ buffer }) => buffer === kernel.memory) && whole > from) {
      const at = ({ byteOffset }: Uint8Array) => byteOffset + from;
      const lengthBytes = whole - from;
      kernel.apply({
        outputs: outputs.map(at),
        factors,
        sources: sources.map(at),
        lengthBytes,
        adds,
      });
      if (whole < to) this.#applyStrip(kernel, whole, to, sum);
      return;
    }
    for (let start = from; start < to; start += STRIP_BYTES)
      this.#applyStrip(kernel, start, Math.min(start + STRIP_BYTES, to), sum);
  }

  #applyStrip(kernel: Kernel, from: number, to: number, sum: Sum): void {
    const lengthBytes = padded(to - from);
    const isWhole = lengthBytes === to - from;
    const strip = (index: number, lengthBytes: number) =>
      new Uint8Array(kernel.memory, BUFFERS + index * STRIP_BYTES, lengthBytes);
    const place = (array: Uint8Array, index: number, isRead: boolean): Address => {
      if (isWhole && array.buffer === kernel.memory) return array.byteOffset + from;
      const copy = strip(index, lengthBytes);
      if (isRead) copy.set(array.subarray(from, to));
      return copy.byteOffset;
    };
    const { outputs, factors, sources, adds } = sum;
    const placed = outputs.map((output, index) => place(output, index, adds));
    const read = sources.map((source, index) => place(source, outputs.length + index, true));
    kernel.apply({ outputs: placed, factors, sources: read, lengthBytes, adds });
    outputs.forEach((output, index) => {
      if (isWhole && output.buffer === kernel.memory) return;
      output.set(strip(index, to - from), from);
    });
  }

  /** The one whose memory holds some of them, else one for strips alone. */
  #kernelOf(arrays: readonly Uint8Array[]): Kernel {
    for (const { buffer } of arrays.toReversed()) {
      const kernel = this.#kernelByMemory.get(buffer);
      if (kernel) return kernel;
    }
    this.#spare ??= new Kernel(this.#stripsBytes);
    return this.#spare;
  }

  get #stripsBytes(): number {
    return this.#arrays * STRIP_BYTES;
  }
}

const padded = (lengthBytes: number): number => Math.ceil(lengthBytes / STEP_BYTES) * STEP_BYTES;
