import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { ParityGroupId } from '#domain/ids.ts';
import { errnoOf } from '../../platform/file-system.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import { chunkBytesAt } from '../groups/parity-record.ts';
import { ChunkCache } from './chunk-cache.ts';
import { type GroupOutline, MemberOutlines } from './member-outlines.ts';
import { openMember, openRow, type PieceFile, type Volumes, verifyChunk } from './piece-files.ts';
import type { RecordReader } from './record-reader.ts';
import type { Workbench, Workbenches } from './workbench.ts';

/** A piece of a group whose bytes are not what they should be, or are not given out by a disk that works: repair looks at it. */
export type NoteRot = (groupId: ParityGroupId, piece: number) => void;

const NOTHING = new Uint8Array(0);

/**
 * Tells chunks of lost pieces from the pieces that are left. What comes out is verified, or else all that goes
 * in, so that a rotten piece never makes another one wrong. Groups are named by their ids: what has another number when a
 * read has come back is still the same group, and a group that has gone tells nothing.
 */
export class ChunkTeller {
  readonly #groups: ParityGroups;
  readonly #volumes: Volumes;
  readonly #records: RecordReader;
  readonly #outlines: MemberOutlines;
  readonly #benches: Workbenches;
  readonly #noteRot: NoteRot;
  readonly #cache = new ChunkCache();

  constructor(options: {
    readonly groups: ParityGroups;
    readonly volumes: Volumes;
    readonly records: RecordReader;
    readonly benches: Workbenches;
    readonly noteRot: NoteRot;
  }) {
    this.#groups = options.groups;
    this.#volumes = options.volumes;
    this.#records = options.records;
    this.#outlines = new MemberOutlines(options.records);
    this.#benches = options.benches;
    this.#noteRot = options.noteRot;
  }

  /**
   * Chunk `index` of a data file, without a look at the file itself. Others may be given the same bytes: do not change
   * them. @throws CdnError `asset-not-stored` when too few pieces are left; `disk-busy` when there may be enough soon.
   */
  tellMember(groupId: ParityGroupId, column: number, index: number): Promise<Uint8Array> {
    return this.#cache.get(`${groupId} ${column} ${index}`, async () => {
      const member = await this.#outlines.read(groupId, column);
      if (!member) throw new CdnError('asset-not-stored', 'the parity group has no such member');
      // What comes out is verified: what goes in needs to be only when that fails. It saves most of the hashing.
      for (const verifies of [false, true]) {
        const told = await this.#tell({ group: member.group, wanted: [column], index, verifies });
        const chunk = told.get(column)?.subarray(0, chunkBytesAt(member.sizeBytes, index));
        if (chunk && member.isChunk(index, chunk)) return chunk;
      }
      throw new CdnError('asset-not-stored', 'what the parity group tells is not the asset');
    });
  }

  /** Chunk `index` of some rows, by piece. @throws CdnError as {@link tellMember}. */
  async tellRows(
    groupId: ParityGroupId,
    rows: readonly number[],
    index: number,
  ): Promise<ReadonlyMap<number, Uint8Array>> {
    const group = await this.#records.read(groupId);
    const wanted = rows.map((row) => group.dataFiles + row);
    return this.#tell({ group, wanted, index, verifies: true });
  }

  #tell(task: Telling): Promise<ReadonlyMap<number, Uint8Array>> {
    const lengthBytes = chunkBytesAt(task.group.lengthBytes, task.index);
    return this.#benches.use(task.group, async (bench) => {
      const pieces = await this.#gather(task, bench);
      // What is wanted is not read: its buffer takes what is told.
      const into = task.wanted.map((piece) =>
        (bench.buffers[piece] ?? NOTHING).subarray(0, lengthBytes),
      );
      const told = bench.codec.reconstruct(pieces, task.wanted, lengthBytes, into);
      return new Map([...told].map(([piece, chunk]) => [piece, chunk.slice(0, lengthBytes)]));
    });
  }

  /** Chunks of any k pieces but the wanted ones: data files first, and rows for those that cannot be had. */
  async #gather(task: Telling, bench: Workbench): Promise<(Uint8Array | undefined)[]> {
    const { group, wanted, index } = task;
    const { dataFiles, parityFiles } = group;
    const pieces: (Uint8Array | undefined)[] = Array(dataFiles + parityFiles).fill(undefined);
    for (let column = 0; column < dataFiles; column += 1)
      if (isBeyond(group, column, index)) pieces[column] = NOTHING;
    const candidates = this.#inOrder(
      group,
      [...pieces.keys()].filter((piece) => !pieces[piece] && !wanted.includes(piece)),
    );
    let busy: unknown;
    for (;;) {
      const lacking = dataFiles - pieces.filter((piece) => piece !== undefined).length;
      if (lacking <= 0) return pieces;
      const next = candidates.splice(0, lacking);
      if (next.length === 0)
        throw busy ?? new CdnError('asset-not-stored', 'too many pieces of the group are lost');
      const reads = next.map(async (piece) => {
        pieces[piece] = await this.#readPiece(task, piece, bench.buffers[piece] ?? NOTHING);
      });
      for (const read of await Promise.allSettled(reads))
        if (read.status === 'rejected') busy = read.reason;
    }
  }

  /** Pieces on disks that are well go first: one slow disk would keep the whole chunk waiting. */
  #inOrder({ groupId, dataFiles }: GroupOutline, pieces: readonly number[]): number[] {
    const group = this.#groups.table.find(groupId);
    const isWell = (piece: number) => {
      if (group === undefined) return 0;
      const place =
        piece < dataFiles
          ? this.#groups.memberAt(group, piece)?.diskId
          : this.#groups.table.diskAt(group, piece);
      const state = place === undefined ? undefined : this.#volumes.get(place)?.state.state;
      return Number(state !== undefined && state !== 'slow' && state !== 'failed');
    };
    const ranked = pieces.map((piece) => ({ piece, rank: isWell(piece) }));
    return ranked.sort((one, other) => other.rank - one.rank).map(({ piece }) => piece);
  }

  /** Undefined when the chunk cannot be had, or is not what it should be. @throws CdnError `disk-busy`. */
  async #readPiece(
    { group, index, verifies }: Telling,
    piece: number,
    buffer: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    let file: PieceFile | undefined;
    try {
      file = await this.#open(group, piece);
      const chunk = await file?.readChunk(index, buffer);
      if (chunk && verifies) verifyChunk(chunk, (await this.#chunkHashes(group, piece))[index]);
      return chunk;
    } catch (error) {
      const code = errorCodeOf(error);
      if (code === 'disk-busy') throw error;
      const isRefused =
        code === 'disk-failed' && file && this.#volumes.get(file.diskId)?.isReadable;
      if (code === 'digest-mismatch' || errnoOf(error) === 'ENOENT' || isRefused)
        this.#noteRot(group.groupId, piece);
      return undefined;
    } finally {
      await file?.close();
    }
  }

  async #open({ groupId, members, dataFiles, lengthBytes }: GroupOutline, piece: number) {
    const group = this.#groups.table.find(groupId);
    if (group === undefined) return undefined;
    if (piece >= dataFiles) {
      const row = piece - dataFiles;
      const diskId = this.#groups.rowDisks(group)[row];
      return openRow(this.#volumes, { diskId, groupId, row }, lengthBytes);
    }
    const member = this.#groups.memberAt(group, piece);
    const recorded = members.find(({ column }) => column === piece);
    if (!member || member.assetId !== recorded?.assetId) return undefined;
    return openMember(this.#volumes, member);
  }

  async #chunkHashes({ groupId, dataFiles }: GroupOutline, piece: number) {
    if (piece >= dataFiles)
      return (await this.#records.readRow(groupId, piece - dataFiles))?.rowChunkHashes ?? [];
    const { members } = await this.#records.read(groupId);
    return members.find(({ column }) => column === piece)?.chunkHashes ?? [];
  }
}

interface Telling {
  readonly group: GroupOutline;
  /** Pieces. */
  readonly wanted: readonly number[];
  readonly index: number;
  /** Each chunk that goes in is compared with its hash. */
  readonly verifies: boolean;
}

/** The column has no byte of this chunk: it counts as zeros. */
const isBeyond = ({ members }: GroupOutline, column: number, index: number): boolean =>
  chunkBytesAt(members.find((one) => one.column === column)?.sizeBytes ?? 0, index) === 0;
