import type { OcaId } from '#domain/ids.ts';

/** From one node to the next. */
export type Hop = readonly [from: string, to: string];

export interface FlowNode {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const ROW_HEIGHT = 44;
const NODE_HEIGHT = 32;
/** Below this the columns take their narrow widths. */
const NARROW_BELOW = 460;

export interface Columns {
  readonly s3: number;
  readonly cloudFront: number;
  readonly oca: number;
  readonly player: number;
  readonly gap: number;
}

/** Widths of the four columns of nodes and of the gaps between them. */
export function columnsOf(width: number): Columns {
  const columns =
    width < NARROW_BELOW
      ? { s3: 30, cloudFront: 80, oca: 84, player: 50 }
      : { s3: 72, cloudFront: 104, oca: 128, player: 72 };
  const filled = columns.s3 + columns.cloudFront + columns.oca + columns.player;
  return { ...columns, gap: Math.max(0, (width - filled) / 3) };
}

/** S3, CloudFront and the player at mid height, the OCAs under each other. The lowest row is for the way round them. */
export function placeNodes(ocaIds: readonly OcaId[], columns: Columns, height: number): FlowNode[] {
  const { s3, cloudFront, oca, player, gap } = columns;
  const middle = (height - ROW_HEIGHT) / 2;
  const ocaX = s3 + cloudFront + 2 * gap;
  const at = (id: string, x: number, y: number, width: number): FlowNode => ({
    id,
    x,
    y: y - NODE_HEIGHT / 2,
    width,
    height: NODE_HEIGHT,
  });
  return [
    at('s3', 0, middle, s3),
    at('cloudfront', s3 + gap, middle, cloudFront),
    ...ocaIds.map((id, row) => at(id, ocaX, (row + 0.5) * ROW_HEIGHT, oca)),
    at('player', ocaX + oca + gap, middle, player),
  ];
}

export interface Lane {
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Height of the way round below the OCAs, from CloudFront straight to the player. */
  readonly bottom: number;
}

/** SVG path of a hop's middle line; CloudFront's way to the player runs below the OCAs. */
export function lanePath(
  nodeById: ReadonlyMap<string, FlowNode>,
  [from, to]: Hop,
  lane: Lane,
): string {
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
