import { share } from '#domain/units.ts';
import type { OcaView } from '#protocol/fleet-view.ts';
import type { FillReport, TierReport } from '#protocol/oca-report.ts';
import type { LocalOca } from '../api/local-ocas.ts';
import {
  formatAge,
  formatBitRate,
  formatBytes,
  formatCount,
  formatShare,
  UNKNOWN,
} from './format.ts';

export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'quiet';

/** One OCA as its card shows it. */
export interface OcaCard {
  readonly ocaId: string;
  /** Host and port that clients reach it at; empty until it has registered. */
  readonly host: string;
  readonly place: string;
  readonly tone: Tone;
  readonly stateText: string;
  /** Why, in one line; empty when all is well. */
  readonly reason: string;
  readonly reportedText: string;
  /** Figures of an OCA that does not report are old, and are shown so. */
  readonly isStale: boolean;
  readonly tiers: readonly Meter[];
  readonly hitRatioText: string;
  readonly egressText: string;
  readonly connectionsText: string;
  readonly fill: FillMeter;
  /** Undefined where processes are not ours to stop: anywhere but on one machine. */
  readonly isRunning: boolean | undefined;
  readonly isDrained: boolean;
}

export interface Meter {
  readonly label: string;
  readonly share: number;
  readonly text: string;
}

export interface FillMeter extends Meter {
  readonly tone: Tone;
  readonly sourcesText: string;
}

const SITE_KINDS = { isp: 'ISP', ixp: 'IXP', mec: 'MEC' } as const;
export function ocaCard(view: OcaView, local: LocalOca | undefined, now: number): OcaCard {
  const { report } = view;
  const isRunning = local?.isRunning;
  return {
    ocaId: view.ocaId,
    host: view.deliveryUrl === undefined ? '' : new URL(view.deliveryUrl).host,
    place: `${view.siteName}, ${SITE_KINDS[view.siteKind]}`,
    ...stateOf(view, isRunning),
    reportedText:
      view.reportedAt === undefined
        ? 'no report yet'
        : `reported ${formatAge(now - view.reportedAt)}`,
    isStale: isRunning === false || view.state === 'out-of-service',
    tiers: (report?.tiers ?? []).map(tierMeter),
    hitRatioText: report ? hitRatioText(report.delivery) : UNKNOWN,
    egressText: report ? formatBitRate(report.load.egressBitsPerSecond) : UNKNOWN,
    connectionsText: report ? String(report.load.connections) : UNKNOWN,
    fill: fillMeter(report?.fill),
    isRunning,
    isDrained: view.desiredState === 'draining',
  };
}

function stateOf(
  view: OcaView,
  isRunning: boolean | undefined,
): Pick<OcaCard, 'tone' | 'stateText' | 'reason'> {
  const reason = view.reasons.join('; ');
  if (isRunning === false) {
    const judgement =
      view.state === 'in-service' ? 'the control plane has not noticed yet' : reason;
    return { tone: 'bad', stateText: 'Stopped', reason: judgement };
  }
  if (view.state === 'in-service') return { tone: 'good', stateText: 'In service', reason };
  if (view.state === 'draining') return { tone: 'warning', stateText: 'Draining', reason };
  return view.reportedAt === undefined
    ? { tone: 'quiet', stateText: 'Not reported yet', reason }
    : { tone: 'bad', stateText: 'Out of service', reason };
}

const tierMeter = ({ tier, usedBytes, capacityBytes }: TierReport): Meter => ({
  label: tier,
  share: share(Math.min(usedBytes, capacityBytes), capacityBytes),
  text: `${formatBytes(usedBytes)} of ${formatBytes(capacityBytes)}`,
});

function hitRatioText({ hitBytes, missBytes }: { hitBytes: number; missBytes: number }): string {
  return hitBytes + missBytes === 0 ? UNKNOWN : formatShare(share(hitBytes, hitBytes + missBytes));
}

const FILL_STATES = {
  idle: ['no plan yet', 'quiet'],
  'waiting-for-window': ['waiting for the window', 'quiet'],
  filling: ['filling', 'busy'],
  complete: ['complete', 'good'],
  incomplete: ['incomplete', 'warning'],
} as const satisfies Record<FillReport['state'], readonly [string, Tone]>;

function fillMeter(fill: FillReport | undefined): FillMeter {
  if (!fill) return { label: UNKNOWN, share: 0, text: UNKNOWN, tone: 'quiet', sourcesText: '' };
  const [stateText, tone] = FILL_STATES[fill.state];
  const assets = `${fill.assetsDone} of ${formatCount(fill.assetsTotal, 'asset')}`;
  const sources = fill.fetched
    .filter(({ fetchedBytes }) => fetchedBytes > 0)
    .map(({ sourceId, fetchedBytes }) => `${formatBytes(fetchedBytes)} from ${sourceId}`);
  return {
    label: fill.refusal ?? `${stateText}, ${assets}`,
    share: share(Math.min(fill.bytesDone, fill.bytesTotal), fill.bytesTotal),
    text: `${formatBytes(fill.bytesDone)} of ${formatBytes(fill.bytesTotal)}`,
    tone: fill.refusal === undefined ? tone : 'bad',
    sourcesText: sources.join(', '),
  };
}
