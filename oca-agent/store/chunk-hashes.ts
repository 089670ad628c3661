import { createHash, type Hash } from 'node:crypto';

/** What is verified at a time where an asset is read in parts. */
export const CHUNK_BYTES = 1024 * 1024;

/** Base64 of the SHA-256 of one chunk. */
export const chunkHashOf = (chunk: Uint8Array): string =>
  createHash('sha256').update(chunk).digest('base64');

/** Hashes the chunks of an asset as its bytes come, in pieces of any length. */
export class ChunkHasher {
  readonly #hashes: string[] = [];
  #hash: Hash = createHash('sha256');
  /** Of the chunk that has not ended. */
  #hashedBytes = 0;

  update(piece: Uint8Array): void {
    for (let first = 0; first < piece.length; ) {
      const part = piece.subarray(first, first + CHUNK_BYTES - this.#hashedBytes);
      this.#hash.update(part);
      this.#hashedBytes += part.length;
      first += part.length;
      if (this.#hashedBytes === CHUNK_BYTES) this.#endChunk();
    }
  }

  /** The hashes of all chunks, the last of which may be short. Ends the hashing. */
  finish(): readonly string[] {
    if (this.#hashedBytes > 0) this.#endChunk();
    return this.#hashes;
  }

  #endChunk(): void {
    this.#hashes.push(this.#hash.digest('base64'));
    this.#hash = createHash('sha256');
    this.#hashedBytes = 0;
  }
}
