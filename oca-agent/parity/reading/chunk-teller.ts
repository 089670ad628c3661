import { CdnError, errorCodeOf } from '#domain/errors.ts';
import type { GroupNumber } from '../groups/group-numbers.ts';
import type { ParityGroups } from '../groups/parity-groups.ts';
import { chunkBytesAt, type ParityRecord } from '../groups/parity-record.ts';
import { ChunkCache } from './chunk-cache.ts';
import {
  isChunk,
  openMember,
  openRow,
  type PieceFile,
  type Volumes,
  verifyChunk,
} from './piece-files.ts';
import type { RecordReader } from './record-reader.ts';
import type { Workbench, Workbenches } from './workbench.ts';

/** A piece of a group whose bytes are not what they should be. */
export type NoteRot = (group: GroupNumber, piece: number) => void;

const NOTHING = new Uint8Array(0);

/**
 * Tells chunks of lost pieces from the pieces that are left. What comes out is verified, or else all that goes
 * in, so that a rotten piece never makes another one wrong.
 */
export class ChunkTeller {
  readonly #groups: ParityGroups;
  readonly #volumes: Volumes;
  readonly #records: RecordReader;
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
    this.#benches = options.benches;
    this.#noteRot = options.noteRot;
  }

  /**
   * Chunk `index` of a data file, without a look at the file itself. Others may be given the same bytes: do not change
   * them. @throws CdnError `asset-not-stored` when too few pieces are left.
   */
  tellMember(group: GroupNumber, column: number, index: number): Promise<Uint8Array> {
    const groupId = this.#groups.table.groupIdAt(group);
    return this.#cache.get(`${groupId} ${column} ${index}`, async () => {
      const record = await this.#records.read(group);
      const member = record.members.find((one) => one.column === column);
      // What comes out is verified: what goes in needs to be only when that fails. It saves most of the hashing.
      for (const verifies of [false, true]) {
        const told = await this.#tell({ group, record, wanted: [column], index, verifies });
        const chunk = told.get(column)?.subarray(0, chunkBytesAt(member?.sizeBytes ?? 0, index));
        if (chunk && isChunk(chunk, member?.chunkHashes[index])) return chunk;
      }
      throw new CdnError('asset-not-stored', 'what the parity group tells is not the asset');
    });
  }

  /** Chunk `index` of some rows, by piece. @throws CdnError `asset-not-stored` when too few pieces are left. */
  async tellRows(
    group: GroupNumber,
    rows: readonly number[],
    index: number,
  ): Promise<ReadonlyMap<number, Uint8Array>> {
    const record = await this.#records.read(group);
    const wanted = rows.map((row) => record.dataFiles + row);
    return this.#tell({ group, record, wanted, index, verifies: true });
  }

  #tell(task: Telling): Promise<ReadonlyMap<number, Uint8Array>> {
    const lengthBytes = chunkBytesAt(task.record.lengthBytes, task.index);
    return this.#benches.use(task.record, async (bench) => {
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
    const { record, wanted, index } = task;
    const { dataFiles, parityFiles } = record;
    const pieces: (Uint8Array | undefined)[] = Array(dataFiles + parityFiles).fill(undefined);
    for (let column = 0; column < dataFiles; column += 1)
      if (isBeyond(record, column, index)) pieces[column] = NOTHING;
    const candidates = [...pieces.keys()].filter(
      (piece) => pieces[piece] === undefined && !wanted.includes(piece),
    );
    for (;;) {
      const lacking = dataFiles - pieces.filter((piece) => piece !== undefined).length;
      if (lacking <= 0) return pieces;
      const next = candidates.splice(0, lacking);
      if (next.length === 0)
        throw new CdnError('asset-not-stored', 'too many pieces of the parity group are lost');
      await Promise.all(
        next.map(async (piece) => {
          pieces[piece] = await this.#readPiece(task, piece, bench.buffers[piece] ?? NOTHING);
        }),
      );
    }
  }

  /** Undefined when the chunk cannot be read, or is not what it should be. */
  async #readPiece(
    { group, record, index, verifies }: Telling,
    piece: number,
    buffer: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    let file: PieceFile | undefined;
    try {
      const opened = await this.#open(group, record, piece);
      file = opened?.file;
      const chunk = await file?.readChunk(index, buffer);
      if (chunk && verifies) verifyChunk(chunk, opened?.chunkHashes[index]);
      return chunk;
    } catch (error) {
      if (errorCodeOf(error) === 'digest-mismatch') this.#noteRot(group, piece);
      return undefined;
    } finally {
      await file?.close();
    }
  }

  async #open(
    group: GroupNumber,
    record: ParityRecord,
    piece: number,
  ): Promise<{ readonly file: PieceFile; readonly chunkHashes: readonly string[] } | undefined> {
    const { dataFiles, groupId, lengthBytes } = record;
    if (piece < dataFiles) {
      const member = this.#groups.memberAt(group, piece);
      const recorded = record.members.find(({ column }) => column === piece);
      if (!member || !recorded || member.assetId !== recorded.assetId) return undefined;
      const file = await openMember(this.#volumes, member);
      return { file, chunkHashes: recorded.chunkHashes };
    }
    const row = piece - dataFiles;
    const rowRecord = await this.#records.readRow(group, row);
    if (!rowRecord) return undefined;
    const diskId = this.#groups.rowDisks(group)[row];
    const file = await openRow(this.#volumes, { diskId, groupId, row }, lengthBytes);
    return { file, chunkHashes: rowRecord.rowChunkHashes };
  }
}

interface Telling {
  readonly group: GroupNumber;
  readonly record: ParityRecord;
  /** Pieces. */
  readonly wanted: readonly number[];
  readonly index: number;
  /** Each chunk that goes in is compared with its hash. */
  readonly verifies: boolean;
}

/** The column has no byte of this chunk: it counts as zeros. */
const isBeyond = ({ members }: ParityRecord, column: number, index: number): boolean =>
  chunkBytesAt(members.find((one) => one.column === column)?.sizeBytes ?? 0, index) === 0;
