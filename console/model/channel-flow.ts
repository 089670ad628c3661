import type { OcaId, PathwayId } from '#domain/ids.ts';
import type { Layer } from '#protocol/fields.ts';
import type { RequestMark } from './delivery-ledger.ts';
import { LAYERS } from './layers.ts';

/**
 * The river's delta as a drawing: bytes run from S3 over CloudFront and the OCAs to the player, each channel as wide as
 * its share of the bytes, coloured by the layer that they lay in.
 *
 *     S3 ──► CloudFront ─┬─► OCA ──┐
 *                        ├─► OCA ──┼─► player
 *                        └─────────┘
 */
export interface Channel {
  readonly key: string;
  readonly layer: Layer;
  readonly bytes: number;
  /** In pixels. */
  readonly width: number;
  /** SVG path of the channel's middle line. */
  readonly path: string;
}

export interface FlowNode {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FlowDrawing {
  readonly height: number;
  readonly nodes: readonly FlowNode[];
  /** Where water could run, drawn faintly whether it does or not. */
  readonly beds: readonly string[];
  readonly channels: readonly Channel[];
}

const ROW_HEIGHT = 44;
/** Room that is kept before the fleet is known, so that the drawing does not jump when it is. */
const OCA_ROWS_MIN = 3;
const NODE_HEIGHT = 32;
/** Width of the channel that carries all bytes; below {@link NODE_HEIGHT}, so that a node holds it. */
const CHANNEL_WIDTH_MAX = 26;
const CHANNEL_WIDTH_MIN = 1.5;

type Hop = readonly [from: string, to: string];

/** The hops of bytes that lay in `layer` and were handed over by `pathwayId`, from the source on. */
export function hopsOf(layer: Layer, pathwayId: PathwayId): Hop[] {
  const last: Hop = [pathwayId, 'player'];
  const intoOca: Hop[] = pathwayId === 'cloudfront' ? [] : [['cloudfront', pathwayId]];
  if (layer === 's3') return [['s3', 'cloudfront'], ...intoOca, last];
  return layer === 'cloudfront' ? [...intoOca, last] : [last];
}

export function drawFlow(
  marks: readonly RequestMark[],
  ocaIds: readonly OcaId[],
  width: number,
): FlowDrawing {
  const height = (Math.max(ocaIds.length, OCA_ROWS_MIN) + 1) * ROW_HEIGHT;
  const nodes = placeNodes(ocaIds, width, height);
  const hops: Hop[] = [
    ['s3', 'cloudfront'],
    ...ocaIds.flatMap((id): Hop[] => [
      ['cloudfront', id],
      [id, 'player'],
    ]),
    ['cloudfront', 'player'],
  ];
  const nodeById = new Map(nodes.map((node) => [node.id, node]));
  const lane = (hop: Hop, fromOffset: number, toOffset: number) =>
    lanePath(nodeById, hop, { fromOffset, toOffset, bottom: height - ROW_HEIGHT / 2 });
  return {
    height,
    nodes,
    beds: hops.map((hop) => lane(hop, 0, 0)),
    channels: channelsOf(marks, hops, lane),
  };
}

function placeNodes(ocaIds: readonly OcaId[], width: number, height: number): FlowNode[] {
  const isNarrow = width < 460;
  const [s3Width, cloudFrontWidth, ocaWidth, playerWidth] = isNarrow
    ? [30, 80, 84, 50]
    : [72, 104, 128, 72];
  const gap = (width - s3Width - cloudFrontWidth - ocaWidth - playerWidth) / 3;
  const middle = (height - ROW_HEIGHT) / 2;
  const cloudFrontX = s3Width + gap;
  const ocaX = cloudFrontX + cloudFrontWidth + gap;
  const at = (id: string, x: number, y: number, nodeWidth: number): FlowNode => ({
    id,
    x,
    y: y - NODE_HEIGHT / 2,
    width: nodeWidth,
    height: NODE_HEIGHT,
  });
  return [
    at('s3', 0, middle, s3Width),
    at('cloudfront', cloudFrontX, middle, cloudFrontWidth),
    ...ocaIds.map((id, row) => at(id, ocaX, (row + 0.5) * ROW_HEIGHT, ocaWidth)),
    at('player', width - playerWidth, middle, playerWidth),
  ];
}

interface Lane {
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Height of the way round below the OCAs, from CloudFront straight to the player. */
  readonly bottom: number;
}

function lanePath(nodeById: ReadonlyMap<string, FlowNode>, [from, to]: Hop, lane: Lane): string {
  const source = nodeById.get(from);
  const target = nodeById.get(to);
  if (!source || !target) return '';
  const start = { x: source.x + source.width, y: source.y + NODE_HEIGHT / 2 + lane.fromOffset };
  const end = { x: target.x, y: target.y + NODE_HEIGHT / 2 + lane.toOffset };
  if (from !== 'cloudfront' || to !== 'player') return curve(start, end);
  const reach = (end.x - start.x) / 4;
  const y = lane.bottom + lane.fromOffset;
  const low = { x: start.x + reach, y };
  const lowEnd = { x: end.x - reach, y };
  return `${curve(start, low)} L${point(lowEnd)} ${curve(lowEnd, end).replace(/^M\S+ /, '')}`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const point = ({ x, y }: Point): string => `${x.toFixed(1)},${y.toFixed(1)}`;

function curve(start: Point, end: Point): string {
  const middle = (start.x + end.x) / 2;
  return `M${point(start)} C${point({ x: middle, y: start.y })} ${point({ x: middle, y: end.y })} ${point(end)}`;
}

type DrawLane = (hop: Hop, fromOffset: number, toOffset: number) => string;

/** Channels side by side where they share a node's edge, in the order of `hops` and {@link LAYERS}. */
function channelsOf(
  marks: readonly RequestMark[],
  hops: readonly Hop[],
  draw: DrawLane,
): Channel[] {
  const bytesByKey = hopBytes(marks);
  const total = marks.reduce((sum, mark) => sum + mark.bytes, 0);
  const wet = hops.flatMap((hop) =>
    LAYERS.flatMap((layer) => {
      const bytes = bytesByKey.get(keyOf(hop, layer)) ?? 0;
      const width = Math.max(CHANNEL_WIDTH_MIN, (bytes / total) * CHANNEL_WIDTH_MAX);
      return bytes > 0 ? [{ hop, layer, bytes, width }] : [];
    }),
  );
  const outOf = stackOffsets(wet, ({ hop }) => hop[0]);
  const into = stackOffsets(wet, ({ hop }) => hop[1]);
  return wet.map(({ hop, layer, bytes, width }, index) => ({
    key: keyOf(hop, layer),
    layer,
    bytes,
    width,
    path: draw(hop, outOf[index] ?? 0, into[index] ?? 0),
  }));
}

function hopBytes(marks: readonly RequestMark[]): Map<string, number> {
  const bytesByKey = new Map<string, number>();
  for (const { layer, pathwayId, bytes } of marks) {
    if (!layer) continue;
    for (const hop of hopsOf(layer, pathwayId)) {
      const key = keyOf(hop, layer);
      bytesByKey.set(key, (bytesByKey.get(key) ?? 0) + bytes);
    }
  }
  return bytesByKey;
}

const keyOf = (hop: Hop, layer: Layer): string => `${hop.join('>')}:${layer}`;

/** For each piece, how far its middle lies from the middle of the stack of pieces with the same key. */
function stackOffsets<T extends { readonly width: number }>(
  pieces: readonly T[],
  keyOfPiece: (piece: T) => string,
): number[] {
  const totals = new Map<string, number>();
  for (const piece of pieces) {
    totals.set(keyOfPiece(piece), (totals.get(keyOfPiece(piece)) ?? 0) + piece.width);
  }
  const filled = new Map<string, number>();
  return pieces.map((piece) => {
    const key = keyOfPiece(piece);
    const before = filled.get(key) ?? 0;
    filled.set(key, before + piece.width);
    return before + piece.width / 2 - (totals.get(key) ?? 0) / 2;
  });
}
