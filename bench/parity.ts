import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReedSolomonErasure } from '@digitaldefiance/reed-solomon-erasure.wasm';
import { createWasmReedSolomonBinding } from '@shelby-protocol/reed-solomon';
import { seededRandom } from '#domain/random.ts';
import { createCodec, type ErasureCodec } from '../oca-agent/parity/codec/erasure-codec.ts';
import type { BenchmarkOutcome } from './outcome.ts';
import { median, rounded } from './statistics.ts';

const require = createRequire(import.meta.url);
const DIGITALDEFIANCE_MODULE = '@digitaldefiance/reed-solomon-erasure.wasm/wasm';
const PIECE_BYTES = 2 ** 20;
const GEOMETRIES = [
  [10, 2],
  [8, 3],
  [34, 2],
] as const;
const ROUNDS = 7;
/** Data through each candidate in a round. */
const ROUND_BYTES = 300e6;

/** The part of both libraries that is measured: all pieces lie one after the other in one array. */
interface PeerLibrary {
  encode(pieces: Uint8Array, dataPieces: number, parityPieces: number): number;
  reconstruct(
    pieces: Uint8Array,
    dataPieces: number,
    parityPieces: number,
    isPresent: boolean[],
  ): number;
}

/**
 * The erasure codec against two packages of npm, in turn: GB of data per CPU second, pieces of 1 MiB. Ours in its own
 * memory, as files are read into it, and from arrays elsewhere, as the libraries take them.
 */
export async function benchmarkParity(): Promise<BenchmarkOutcome> {
  const peers = [
    ReedSolomonErasure.fromBytes(readFileSync(require.resolve(DIGITALDEFIANCE_MODULE))),
    createWasmReedSolomonBinding(),
  ] as const;
  return {
    benchmark: 'parity',
    rows: GEOMETRIES.flatMap((geometry) => rowsOf(geometry, peers)),
  };
}

type Operation = () => void;

function rowsOf(
  [dataFiles, parityFiles]: readonly [number, number],
  peers: readonly PeerLibrary[],
): Record<string, string | number>[] {
  const codec = createCodec(dataFiles, parityFiles);
  const buffers = codec.allocate(dataFiles + 2 * parityFiles, PIECE_BYTES);
  const inPlace = buffers.slice(0, dataFiles + parityFiles);
  const told = buffers.slice(dataFiles + parityFiles);
  inPlace.slice(0, dataFiles).forEach(fillWithNoise);
  const elsewhere = inPlace.map((piece) => Uint8Array.from(piece));
  const elsewhereTold = told.map((piece) => Uint8Array.from(piece));
  const joined = peers.map(() => Buffer.concat(inPlace));
  // The first ones: both libraries free memory twice, and from then on cannot reconstruct most others.
  const lostColumns = (lost: number) => Array.from({ length: lost }, (_, index) => index);
  const operations: [string, Operation[]][] = [
    [
      'encode',
      [
        () => encode(codec, inPlace),
        () => encode(codec, elsewhere),
        ...peers.map((peer, index) => () => {
          expectSuccess(peer.encode(joined[index] as Uint8Array, dataFiles, parityFiles));
        }),
      ],
    ],
    ...[1, 2].map((lost): [string, Operation[]] => [
      `reconstruct ${lost} lost`,
      [
        () => reconstruct(codec, inPlace, lostColumns(lost), told.slice(0, lost)),
        () => reconstruct(codec, elsewhere, lostColumns(lost), elsewhereTold.slice(0, lost)),
        ...peers.map((peer, index) => () => {
          const present = inPlace.map((_, piece) => !lostColumns(lost).includes(piece));
          const pieces = joined[index] as Uint8Array;
          expectSuccess(peer.reconstruct(pieces, dataFiles, parityFiles, present));
        }),
      ],
    ]),
    // Last, for it leaves other parity.
    ['fold of one file', [() => foldAll(codec, inPlace), () => foldAll(codec, elsewhere)]],
  ];
  return operations.map(([what, candidates]) => {
    const [own, copied, ...others] = gigabytesPerCpuSecond(candidates, dataFiles * PIECE_BYTES);
    const [digitaldefiance, shelby] = others.map((value) => rounded(value));
    const best = Math.max(...others);
    return {
      files: `${dataFiles}+${parityFiles}`,
      what,
      'ours GB/CPU s': rounded(own ?? 0),
      'copied in and out': rounded(copied ?? 0),
      digitaldefiance: digitaldefiance ?? '',
      shelby: shelby ?? '',
      'ours / best': others.length > 0 ? rounded((own ?? 0) / best) : '',
    };
  });
}

/** Median of the rounds for each candidate; each round runs all, in turn. */
function gigabytesPerCpuSecond(candidates: readonly Operation[], dataBytes: number): number[] {
  const times = Math.ceil(ROUND_BYTES / dataBytes);
  const rates = candidates.map((): number[] => []);
  for (const candidate of candidates) candidate();
  for (let round = 0; round < ROUNDS; round += 1) {
    candidates.forEach((candidate, index) => {
      const before = process.cpuUsage();
      for (let time = 0; time < times; time += 1) candidate();
      const { user, system } = process.cpuUsage(before);
      rates[index]?.push((times * dataBytes) / 1000 / (user + system));
    });
  }
  return rates.map(median);
}

const encode = (codec: ErasureCodec, pieces: readonly Uint8Array[]) =>
  codec.encode(pieces.slice(0, codec.dataFiles), pieces.slice(codec.dataFiles));

function foldAll(codec: ErasureCodec, pieces: readonly Uint8Array[]): void {
  const rows = pieces.slice(codec.dataFiles);
  pieces.slice(0, codec.dataFiles).forEach((piece, column) => {
    codec.fold(column, piece, rows);
  });
}

/** @throws Error when other bytes come out than went in. */
function reconstruct(
  codec: ErasureCodec,
  pieces: readonly Uint8Array[],
  lost: readonly number[],
  into: readonly Uint8Array[],
): void {
  const present = pieces.map((piece, index) => (lost.includes(index) ? undefined : piece));
  for (const [piece, told] of codec.reconstruct(present, lost, PIECE_BYTES, into))
    if (told[12_345] !== pieces[piece]?.[12_345]) throw new Error('other bytes came out');
}

function expectSuccess(result: number): void {
  if (result !== 0) throw new Error(`the library says ${result}`);
}

function fillWithNoise(piece: Uint8Array, index: number): void {
  const random = seededRandom(index);
  for (let at = 0; at < piece.length; at += 1) piece[at] = random.next() * 256;
}
