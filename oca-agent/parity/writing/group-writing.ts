import { CdnError } from '#domain/errors.ts';
import type { DiskId } from '#domain/ids.ts';
import type { GroupChange } from '#domain/parity/parity-group.ts';
import type { Pace } from '../../upkeep/upkeep-pace.ts';
import { cataloguedOf } from '../groups/group-catalogue.ts';
import {
  chunkBytesAt,
  chunkCountOf,
  groupIdOf,
  type MemberRecord,
  type ParityShape,
} from '../groups/parity-record.ts';
import { verifyChunk } from '../reading/piece-files.ts';
import type { Workbench } from '../reading/workbench.ts';
import { type ParityParts, placedRows, removeRows, removeStale } from '../tasks/parity-parts.ts';
import { FormerGroup } from './former-group.ts';
import { MemberSource } from './member-source.ts';
import { RowFiles } from './row-files.ts';

export interface WritingTask {
  readonly change: GroupChange;
  readonly shape: ParityShape;
  readonly pace: Pace;
}

/** What is open while a group is written. */
interface Opened {
  readonly former: FormerGroup | undefined;
  /** All members, or with a former group those that come. */
  readonly sources: readonly MemberSource[];
  readonly rows: RowFiles;
}

/**
 * Writes one group whole, chunk by chunk, and then puts it in the place of those that it replaces:
 *
 *     rows as partials ─► rows under their names ─► the table says so ─► old rows and retired members go
 *
 * After a crash at any point the old groups are whole, or the new one is.
 */
export class GroupWriting {
  readonly #parts: ParityParts;
  readonly #task: WritingTask;
  #opened: Opened;
  #nextChunk = 0;

  private constructor(parts: ParityParts, task: WritingTask, opened: Opened) {
    this.#parts = parts;
    this.#task = task;
    this.#opened = opened;
  }

  /** @throws CdnError `asset-not-stored` when a member has gone; `disk-failed`, `disk-full`, `disk-busy`. */
  static async begin(parts: ParityParts, task: WritingTask): Promise<GroupWriting> {
    const former = await FormerGroup.open(parts, task.change, task.shape);
    return new GroupWriting(parts, task, await open(parts, task, former));
  }

  get hasMore(): boolean {
    return this.#nextChunk < chunkCountOf(this.#task.change.lengthBytes);
  }

  /** Writes the next chunk of every row. @throws RottenAssetError; CdnError as {@link begin}. */
  async writeChunk(signal: AbortSignal): Promise<void> {
    const index = this.#nextChunk;
    await this.#paceChunk(index, signal);
    if (signal.aborted) return;
    this.#requireMembers();
    try {
      await this.#parts.benches.use(this.#task.shape, (bench) => this.#writeRows(index, bench));
      this.#nextChunk += 1;
    } catch (error) {
      if (!this.#opened.former) throw error;
      await this.#beginAnew();
    }
  }

  /** Puts the group in its place. @throws as {@link begin}: then everything is as it was. */
  async commit(): Promise<void> {
    const { change, shape } = this.#task;
    const members = this.#memberRecords();
    const groupId = groupIdOf(shape, members);
    const { lengthBytes } = change;
    try {
      await this.#opened.rows.publish({ ...shape, groupId, lengthBytes, members });
      this.#requireMembers();
    } catch (error) {
      await removeRows(
        this.#parts,
        change.rows.map((diskId, row) => ({ groupId, row, diskId })),
      );
      throw error;
    }
    const record = { ...shape, groupId, lengthBytes, members, row: 0, rowChunkHashes: [] };
    await this.#replaceGroups(cataloguedOf(record, change.rows));
    await this.abandon();
  }

  /** Ends the writing. What was not committed is gone. */
  async abandon(): Promise<void> {
    await close(this.#opened);
  }

  async #replaceGroups(group: ReturnType<typeof cataloguedOf>): Promise<void> {
    const { groups, catalogue, records } = this.#parts;
    const replaced = this.#task.change.replaces.filter((id) => groups.table.find(id) !== undefined);
    const numbers = replaced.map((id) => groups.table.find(id) ?? 0);
    const oldRows = numbers.flatMap((number) => placedRows(this.#parts, number));
    const stale = numbers.flatMap((number) => groups.remove(number));
    groups.add(group);
    catalogue.change({ added: [group], removed: replaced });
    for (const id of replaced) records.forget(id);
    await removeRows(this.#parts, oldRows);
    await removeStale(this.#parts, stale);
  }

  async #writeRows(index: number, bench: Workbench): Promise<void> {
    const { dataFiles, parityFiles } = this.#task.shape;
    const { former, sources, rows } = this.#opened;
    const rowBuffers = bench.buffers.slice(dataFiles, dataFiles + parityFiles);
    const bufferOf = (column: number) => bench.buffers[column] as Uint8Array;
    if (former) {
      await former.readRows(index, rowBuffers);
      await Promise.all(
        former.leaving.map(async ({ column, file, chunkHashes }) => {
          const chunk = await file.readChunk(index, bufferOf(column));
          verifyChunk(chunk, chunkHashes[index]);
          bench.codec.fold(column, chunk, rowBuffers);
        }),
      );
    }
    const pieces: (Uint8Array | undefined)[] = Array(dataFiles).fill(undefined);
    await Promise.all(
      sources.map(async (source) => {
        pieces[source.column] = await source.read(index, bufferOf(source.column));
      }),
    );
    if (!former) bench.codec.encode(pieces, rowBuffers);
    else
      for (const [column, chunk] of pieces.entries())
        if (chunk) bench.codec.fold(column, chunk, rowBuffers);
    const lengthBytes = chunkBytesAt(this.#task.change.lengthBytes, index);
    await rows.write(
      index,
      rowBuffers.map((buffer) => buffer.subarray(0, lengthBytes)),
    );
  }

  /** Every disk at its own pace. */
  async #paceChunk(index: number, signal: AbortSignal): Promise<void> {
    const { former, sources, rows } = this.#opened;
    const { pace, change } = this.#task;
    const takes: [DiskId, number][] = [
      ...(former?.pieces ?? []).map(({ file }): [DiskId, number] => [
        file.diskId,
        chunkBytesAt(file.sizeBytes, index),
      ]),
      ...sources.map((source): [DiskId, number] => [source.diskId, source.chunkBytes(index)]),
      ...rows.diskIds.map((diskId): [DiskId, number] => [
        diskId,
        chunkBytesAt(change.lengthBytes, index),
      ]),
    ];
    await Promise.all(takes.map(([diskId, sizeBytes]) => pace(diskId, sizeBytes, signal)));
  }

  /** A part of the former group cannot be used: all members are read instead. */
  async #beginAnew(): Promise<void> {
    await close(this.#opened);
    this.#nextChunk = 0;
    this.#opened = await open(this.#parts, this.#task, undefined);
  }

  /** @throws CdnError `asset-not-stored` when a member is held no longer. */
  #requireMembers(): void {
    for (const member of this.#task.change.columns)
      if (member && !this.#parts.index.asset(member.assetId))
        throw new CdnError('asset-not-stored', `asset ${member.assetId} left its parity group`);
  }

  #memberRecords(): MemberRecord[] {
    const { former, sources } = this.#opened;
    const coming = sources.map((source) => source.record());
    const staying = this.#task.change.columns.flatMap((_, column) => former?.staying(column) ?? []);
    return [...staying, ...coming].sort((one, other) => one.column - other.column);
  }
}

async function open(
  parts: ParityParts,
  { change }: WritingTask,
  former: FormerGroup | undefined,
): Promise<Opened> {
  const sources: MemberSource[] = [];
  try {
    for (const [column, file] of change.columns.entries())
      if (file && !former?.staying(column))
        sources.push(await MemberSource.open(parts, column, file));
    const places = change.rows.map((diskId, row) => ({ diskId, row }));
    const rows = await RowFiles.create(parts, places, change.lengthBytes);
    return { former, sources, rows };
  } catch (error) {
    await former?.close();
    for (const source of sources) await source.close();
    throw error;
  }
}

async function close({ former, sources, rows }: Opened): Promise<void> {
  await former?.close();
  for (const source of sources) await source.close();
  await rows.abandon();
}
