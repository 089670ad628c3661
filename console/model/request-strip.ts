import { RECENT_MAX, type RequestMark } from './delivery-ledger.ts';
import { formatBytes, formatMilliseconds } from './format.ts';
import { LAYER_NAMES } from './layers.ts';

export interface StripBar {
  /** Undefined where no request has been yet. */
  readonly mark: RequestMark | undefined;
  /** 0..1 of the strip's height. */
  readonly height: number;
}

/** Height of the smallest bar, so that a playlist beside a 2 MB segment can still be seen and pointed at. */
const HEIGHT_MIN = 0.06;

/**
 * {@link RECENT_MAX} bars, the newest last. Heights go by the square root of size: small ones stay comparable though
 * sizes span three decades. A request that brought nothing stands at full height, to be seen.
 */
export function stripBars(marks: readonly RequestMark[]): StripBar[] {
  const largest = Math.max(1, ...marks.map((mark) => mark.bytes));
  return Array.from({ length: RECENT_MAX }, (_, slot) => {
    const mark = marks[slot - (RECENT_MAX - marks.length)];
    if (!mark) return { mark, height: 0 };
    const height = mark.layer ? Math.max(HEIGHT_MIN, Math.sqrt(mark.bytes / largest)) : 1;
    return { mark, height };
  });
}

/** One request in one line, for the readout and for screen readers. */
export function describeMark(mark: RequestMark): string {
  const what = `#${mark.number} ${mark.file}`;
  if (!mark.layer) {
    const answer = mark.status === 0 ? 'no answer' : `status ${mark.status}`;
    return `${what}: ${answer} from ${mark.pathwayId}`;
  }
  const route =
    mark.layer === 'oca' || mark.layer === mark.pathwayId
      ? mark.pathwayId
      : `${LAYER_NAMES[mark.layer]} through ${mark.pathwayId}`;
  const times = `first byte ${formatMilliseconds(mark.ttfbMs)}, all ${formatMilliseconds(mark.durationMs)}`;
  return `${what}: ${formatBytes(mark.bytes)} from ${route}, ${times}`;
}
