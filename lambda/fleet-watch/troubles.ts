import type { OcaVerdict } from '#domain/health/watch-fleet.ts';
import type { Log } from '../shared/log.ts';
import type { WatchedSite } from './measurements.ts';

/** One line an OCA and trouble, so that whoever got the alarm finds the names in the log. */
export function logTroubles(log: Log, sites: readonly WatchedSite[]): void {
  for (const { siteId, verdicts } of sites) {
    for (const verdict of verdicts.filter(({ isWatched }) => isWatched)) {
      const { ocaId } = verdict.facts;
      for (const [event, facts] of troublesOf(verdict))
        log('warn', event, { siteId, ocaId, ...facts });
    }
  }
}

function* troublesOf({ facts, isSilent, isFillBehind }: OcaVerdict): Generator<[string, object]> {
  const { report } = facts;
  if (isSilent) {
    const since = report ? new Date(report.receivedAt).toISOString() : 'more than a day ago';
    yield ['oca.silent', { since }];
  }
  if (!report) return;
  const { disksFailed, fill } = report;
  if (disksFailed > 0) yield ['oca.disks-failed', { disksFailed }];
  if (isFillBehind) yield ['oca.fill-behind', { bytesLeft: fill.bytesLeft }];
}
