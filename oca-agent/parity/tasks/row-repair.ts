import { errorCodeOf } from '#domain/errors.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import { placesForRows } from '../writing/row-places.ts';
import { RowRewriting } from '../writing/row-rewriting.ts';
import type { ParityParts } from './parity-parts.ts';

/** Chunks of a row that are written in one step. */
const CHUNKS_A_STEP = 8;

/** Writes rows anew, those of one group at a time, some chunks a step. */
export class RowRepair {
  readonly #pace: Pace;
  #rewriting: RowRewriting | undefined;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  get isUnderWay(): boolean {
    return this.#rewriting !== undefined;
  }

  /** Begins; returns for how many of the rows there is a place. @throws as {@link RowRewriting.begin}. */
  async begin(
    parts: ParityParts,
    group: GroupNumber,
    options: { readonly rows: readonly number[]; readonly dataShare: number },
  ): Promise<number> {
    const groupId = parts.groups.table.groupIdAt(group);
    const places = await placesForRows(parts, group, options);
    if (places.length === 0) return 0;
    this.#rewriting = await RowRewriting.begin(parts, { groupId, places, pace: this.#pace });
    return places.length;
  }

  /** Goes on. False: it failed, and the rows are as they were. */
  async step(parts: ParityParts, signal: AbortSignal): Promise<boolean> {
    const rewriting = this.#rewriting;
    if (!rewriting) return true;
    try {
      for (let count = 0; rewriting.hasMore && count < CHUNKS_A_STEP; count += 1) {
        await rewriting.writeChunk(signal);
        if (signal.aborted) return true;
      }
      if (rewriting.hasMore) return true;
      await rewriting.commit();
      const { groupId } = rewriting.task;
      for (const piece of rewriting.pieces) parts.rot.forget({ groupId, piece });
    } catch (error) {
      await rewriting.abandon();
      this.#rewriting = undefined;
      parts.log('parity.row.unwritten', { code: errorCodeOf(error) });
      return false;
    }
    this.#rewriting = undefined;
    return true;
  }

  async abandon(): Promise<void> {
    await this.#rewriting?.abandon();
    this.#rewriting = undefined;
  }
}
