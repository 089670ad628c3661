/** Chunks that were told a moment ago, so that many who read one asset have each told once. Assumption: 32 MiB. */
const CHUNKS_MAX = 32;

/** The last few chunks, and those on their way: who asks for one of these waits for it with the others. */
export class ChunkCache {
  readonly #chunks = new Map<string, Promise<Uint8Array>>();

  get(key: string, tell: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#chunks.get(key);
    const chunk = known ?? tell();
    this.#chunks.delete(key);
    this.#chunks.set(key, chunk);
    if (known) return known;
    chunk.catch(() => {
      if (this.#chunks.get(key) === chunk) this.#chunks.delete(key);
    });
    const [oldest] = this.#chunks.keys();
    if (this.#chunks.size > CHUNKS_MAX && oldest !== undefined) this.#chunks.delete(oldest);
    return chunk;
  }
}
