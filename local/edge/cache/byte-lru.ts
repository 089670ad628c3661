import type { Bytes } from '#domain/units.ts';

/** Something that takes room in a cache, and knows how to leave it. */
export interface Resident {
  readonly sizeBytes: number;
  /** Called when its room is needed for something else; it is not resident any more by then. */
  evict(): void;
}

/** Keeps the residents of a cache within a number of bytes: those used longest ago leave first. */
export class ByteLru {
  readonly #bytesMax: Bytes;
  /** Least recently used first. */
  readonly #residents = new Set<Resident>();
  #sizeBytes = 0;

  constructor(bytesMax: Bytes) {
    this.#bytesMax = bytesMax;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  admit(resident: Resident): void {
    this.#residents.add(resident);
    this.#sizeBytes += resident.sizeBytes;
    for (const victim of this.#residents) {
      if (this.#sizeBytes <= this.#bytesMax) return;
      this.remove(victim);
      victim.evict();
    }
  }

  /** Marks a resident as just used. One that left stays out. */
  touch(resident: Resident): void {
    if (this.#residents.delete(resident)) this.#residents.add(resident);
  }

  remove(resident: Resident): void {
    if (this.#residents.delete(resident)) this.#sizeBytes -= resident.sizeBytes;
  }
}
