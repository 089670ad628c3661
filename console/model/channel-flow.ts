import { isCloudFrontId, type OcaId, type PathwayId } from '#domain/ids.ts';
import type { Layer } from '#protocol/fields.ts';
import type { PlaybackSession } from '#protocol/playback.ts';
import type { DeliveryLedger, RequestMark } from './delivery-ledger.ts';
import {
  columnsOf,
  type FlowNode,
  type Hop,
  lanePath,
  placeNodes,
  ROW_HEIGHT,
} from './flow-layout.ts';
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

export interface FlowDrawing {
  readonly height: number;
  readonly nodes: readonly FlowNode[];
  /** Where water could run, drawn faintly whether it does or not. */
  readonly beds: readonly string[];
  readonly channels: readonly Channel[];
}

/** Room that is kept before the fleet is known, so that the drawing does not jump when it is. */
const OCA_ROWS_MIN = 3;
/** Width of the channel that carries all bytes: below a node's height, so that a node holds it. */
const CHANNEL_WIDTH_MAX = 26;
/** The same in terms of the gap between columns: a channel wider than it is long looks like none. */
const CHANNEL_WIDTH_TO_GAP_MAX = 0.5;
const CHANNEL_WIDTH_MIN = 1.5;

/** The hops of bytes that lay in `layer` and were handed over by `pathwayId`, from the source on. All distributions are one node. */
export function hopsOf(layer: Layer, pathwayId: PathwayId): Hop[] {
  const node = isCloudFrontId(pathwayId) ? 'cloudfront' : pathwayId;
  const last: Hop = [node, 'player'];
  const intoOca: Hop[] = node === 'cloudfront' ? [] : [['cloudfront', node]];
  if (layer === 's3') return [['s3', 'cloudfront'], ...intoOca, last];
  return layer === 'cloudfront' ? [...intoOca, last] : [last];
}

/** The OCAs that this player may be sent to, and those that it got bytes from before. */
export function ocasOfFlow(
  session: PlaybackSession | undefined,
  { bytesByPathway }: DeliveryLedger,
): OcaId[] {
  const assigned = (session?.pathways ?? []).map(({ id }) => id);
  const all = new Set([...assigned, ...bytesByPathway.keys()]);
  return [...all].filter((id): id is OcaId => !isCloudFrontId(id));
}

export function drawFlow(
  marks: readonly RequestMark[],
  ocaIds: readonly OcaId[],
  width: number,
): FlowDrawing {
  const height = (Math.max(ocaIds.length, OCA_ROWS_MIN) + 1) * ROW_HEIGHT;
  const columns = columnsOf(width);
  const nodes = placeNodes(ocaIds, columns, height);
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
    channels: channelsOf(marks, hops, {
      lane,
      widthMax: Math.min(CHANNEL_WIDTH_MAX, columns.gap * CHANNEL_WIDTH_TO_GAP_MAX),
    }),
  };
}

type DrawLane = (hop: Hop, fromOffset: number, toOffset: number) => string;

/** Channels side by side where they share a node's edge, in the order of `hops` and {@link LAYERS}. */
function channelsOf(
  marks: readonly RequestMark[],
  hops: readonly Hop[],
  { lane, widthMax }: { lane: DrawLane; widthMax: number },
): Channel[] {
  const bytesByKey = hopBytes(marks);
  const total = marks.reduce((sum, mark) => sum + mark.bytes, 0);
  const wet = hops.flatMap((hop) =>
    LAYERS.flatMap((layer) => {
      const bytes = bytesByKey.get(keyOf(hop, layer)) ?? 0;
      const width = Math.max(CHANNEL_WIDTH_MIN, (bytes / total) * widthMax);
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
    path: lane(hop, outOf[index] ?? 0, into[index] ?? 0),
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
