import type { Ratio } from '../units.ts';

/** What a month is expected to be like. */
export interface MonthlyUsage {
  /** Bytes that reach viewers, from OCAs and CloudFront together. */
  readonly egressBytes: number;
  /** The share of them that OCAs serve. */
  readonly ocaShare: Ratio;
  /** Bytes of the OCAs' share that leave instances of EC2: AWS bills those, and no other bytes of OCAs. */
  readonly ec2EgressBytes: number;
  /** Of CloudFront's requests, those that its edge locations answer from their caches. */
  readonly hitRatio: Ratio;
  /** Of the rest, those that Origin Shield answers. */
  readonly shieldHitRatio: Ratio;
  /** Bytes that lie in the primary origin. */
  readonly contentBytes: number;
  /** Bytes that are published in the month: replicated, and filled once to every site. */
  readonly publishedBytes: number;
  /** Bytes of a mean request. */
  readonly requestBytes: number;
  /** Mean bit rate of what is watched, bit/s: turns bytes into hours. */
  readonly watchedBitsPerSecond: number;
  /** Mean length of a session, in seconds. */
  readonly sessionSeconds: number;
}

/** What of the deployment decides how much of each thing a month needs. */
export interface DeploymentShape {
  readonly originRegions: number;
  readonly playbackRegions: number;
  readonly sites: number;
  /** Appliances and instances alike: all report. */
  readonly ocas: number;
  readonly reportIntervalSeconds: number;
  readonly planPollSeconds: number;
  readonly steeringTtlSeconds: number;
}

/** What the month consists of, in things that have a price. */
export interface MonthlyTraffic {
  readonly cloudFrontBytes: number;
  readonly ec2EgressBytes: number;
  readonly cloudFrontRequests: number;
  readonly shieldRequests: number;
  readonly originRequests: number;
  readonly storedBytes: number;
  readonly replicatedBytes: number;
  readonly sessions: number;
  readonly playbackRequests: number;
  readonly controlRequests: number;
  readonly reports: number;
  /** Lines in which the traffic of OCAs is told as metrics: one a minute and OCA. */
  readonly metricLines: number;
  /** Copies of each write: one in every region of the global tables. */
  readonly tableRegions: number;
}

/** 365 days by 12. */
const MONTH_SECONDS = 2_628_000;
const SECONDS_PER_METRIC_LINE = 60;
/** The playback answer, and the playback manifest. */
const REQUESTS_PER_START = 2;

/** The month's traffic. OCAs are taken to fill from CloudFront, each new byte once a site: the most that fill can need. */
export function monthlyTraffic(usage: MonthlyUsage, shape: DeploymentShape): MonthlyTraffic {
  const viewerBytes = usage.egressBytes * (1 - usage.ocaShare);
  const cloudFrontBytes = viewerBytes + usage.publishedBytes * shape.sites;
  const cloudFrontRequests = cloudFrontBytes / usage.requestBytes;
  const shieldRequests = cloudFrontRequests * (1 - usage.hitRatio);
  const watchedSeconds = (usage.egressBytes * 8) / usage.watchedBitsPerSecond;
  const sessions = watchedSeconds / usage.sessionSeconds;
  const reports = (shape.ocas * MONTH_SECONDS) / shape.reportIntervalSeconds;
  return {
    cloudFrontBytes,
    ec2EgressBytes: usage.ec2EgressBytes,
    cloudFrontRequests,
    shieldRequests,
    originRequests: shieldRequests * (1 - usage.shieldHitRatio),
    storedBytes: usage.contentBytes * shape.originRegions,
    replicatedBytes: usage.publishedBytes * (shape.originRegions - 1),
    sessions,
    playbackRequests: sessions * REQUESTS_PER_START + watchedSeconds / shape.steeringTtlSeconds,
    controlRequests: reports + (shape.ocas * MONTH_SECONDS) / shape.planPollSeconds,
    reports,
    metricLines: (shape.ocas * MONTH_SECONDS) / SECONDS_PER_METRIC_LINE,
    tableRegions: shape.playbackRegions,
  };
}
