import type { Slot } from '#domain/eviction/policy.ts';

/** Keeps the index in files. It is told which rows changed, and reads them when it writes. */
export interface IndexKeeping {
  /** @param isNew nothing was held in that slot before */
  noteAsset(slot: Slot, isNew: boolean): void;
  /** @param isNew the row meant nothing that is held before */
  noteName(row: number, isNew: boolean): void;
  noteUse(): void;
  /** Another plan: rows have come and gone that are kept nowhere. */
  notePlan(): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

/** In memory alone. */
export const NOT_KEPT: IndexKeeping = {
  noteAsset() {},
  noteName() {},
  noteUse() {},
  notePlan() {},
  close: async () => undefined,
};
