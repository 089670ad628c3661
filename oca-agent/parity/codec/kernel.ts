import { logarithm, multiply } from '#domain/parity/galois-field.ts';
import { DATA_FILES_MAX, type Matrix } from '#domain/parity/parity-matrix.ts';
import { KERNEL_MODULE_BASE64 } from './kernel-module.ts';

/** Offsets in a kernel's memory. */
export type Address = number;

export interface KernelCall {
  readonly outputs: readonly Address[];
  /** Of each output its factors, one a source. */
  readonly factors: Matrix;
  readonly sources: readonly Address[];
  readonly lengthBytes: number;
  readonly adds: boolean;
}

/** Steps of the kernel: lengths are multiples of it. */
export const STEP_BYTES = 64;

interface KernelExports {
  combine(
    output: Address,
    sources: Address,
    factors: Address,
    count: number,
    lengthBytes: number,
    adds: boolean,
  ): void;
  combinePair(
    first: Address,
    second: Address,
    sources: Address,
    firstFactors: Address,
    secondFactors: Address,
    count: number,
    lengthBytes: number,
    adds: boolean,
  ): void;
  sum(output: Address, sources: Address, count: number, lengthBytes: number, adds: boolean): void;
  sumAndPowers(p: Address, q: Address, sources: Address, count: number, lengthBytes: number): void;
}

/*
 *   0        products of each of the 256 factors, 32 bytes each
 *   8192     addresses of the sources, 4 bytes each
 *   9216     factors of an output, and 256 bytes on those of the next output
 *   65536    buffers
 */
const SOURCES: Address = 8192;
const FACTORS: Address = 9216;
const NEXT_FACTORS: Address = 9472;
export const BUFFERS: Address = 65_536;
const PAGE_BYTES = 65_536;

/** Sums of products over GF(2^8) in a memory of its own, which never grows: views of it stay right. */
export class Kernel {
  readonly memory: ArrayBuffer;
  readonly #exports: KernelExports;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;

  /** @throws RangeError when there is not so much memory. */
  constructor(buffersBytes: number) {
    const pages = Math.ceil((BUFFERS + buffersBytes) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const instance = new WebAssembly.Instance(compiledKernel(), { env: { memory } });
    this.#exports = instance.exports as unknown as KernelExports;
    this.memory = memory.buffer;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer, SOURCES, (FACTORS - SOURCES) / 4);
    this.#bytes.set(productTables());
  }

  /**
   * outputs[i] = Σ factors[i][j] · sources[j], or with `adds` that added to what is there. At most 256 sources;
   * `lengthBytes` is a multiple of {@link STEP_BYTES}.
   */
  apply({ outputs, factors, sources, lengthBytes, adds }: KernelCall): void {
    for (let index = 0; index < outputs.length; ) {
      const [output = 0, nextOutput] = outputs.slice(index, index + 2);
      const [row, nextRow] = factors.slice(index, index + 2) as [Uint8Array, Uint8Array?];
      const rest = [lengthBytes, adds] as const;
      const powers = adds ? undefined : powersOfTwo(row, nextRow);
      if (nextOutput !== undefined && powers) {
        this.#words.fill(0, 0, DATA_FILES_MAX);
        powers.forEach((power, at) => {
          this.#words[power] = sources[at] as Address;
        });
        const count = (powers.at(-1) ?? 0) + 1;
        this.#exports.sumAndPowers(output, nextOutput, SOURCES, count, lengthBytes);
        index += 2;
        continue;
      }
      this.#words.set(sources);
      this.#bytes.set(row, FACTORS);
      if (isOnes(row)) {
        this.#exports.sum(output, SOURCES, sources.length, ...rest);
      } else if (nextOutput === undefined || !nextRow || isOnes(nextRow)) {
        this.#exports.combine(output, SOURCES, FACTORS, sources.length, ...rest);
      } else {
        this.#bytes.set(nextRow, NEXT_FACTORS);
        const pair = [output, nextOutput, SOURCES, FACTORS, NEXT_FACTORS] as const;
        this.#exports.combinePair(...pair, sources.length, ...rest);
        index += 1;
      }
      index += 1;
    }
  }
}

let compiled: WebAssembly.Module | undefined;
const compiledKernel = (): WebAssembly.Module => {
  compiled ??= new WebAssembly.Module(Buffer.from(KERNEL_MODULE_BASE64, 'base64'));
  return compiled;
};

/** Of each factor its products with 0x00 to 0x0f, then with 0x00 to 0xf0: the tables of the kernel. */
const productTables = (): Uint8Array =>
  Uint8Array.from({ length: 256 * 32 }, (_, at) => {
    const nibble = at & 15;
    return multiply(at >> 5, at & 16 ? nibble << 4 : nibble);
  });

const isOnes = (row: Uint8Array): boolean => row.every((factor) => factor === 1);

/** The exponents of the second row, if these two are P and Q of columns in ascending order. */
function powersOfTwo(row: Uint8Array, nextRow: Uint8Array | undefined): number[] | undefined {
  if (!nextRow || !isOnes(row)) return undefined;
  const powers = Array.from(nextRow, (factor) =>
    factor === 0 ? DATA_FILES_MAX : logarithm(factor),
  );
  const isAscending = powers.every((power, at) => at === 0 || power > (powers[at - 1] ?? 0));
  return isAscending && (powers.at(-1) ?? 0) < DATA_FILES_MAX ? powers : undefined;
}
