import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { AwsRegion } from '../../config/regions.ts';
import type { Config } from '../../config/schema.ts';
import { bucketName } from '../../names.ts';
import type { Alarms } from './alarms.ts';

const PERIOD = Duration.minutes(5);
const KINDS = ['content', 'assets'] as const;
/** What replication time control promises. Source: S3 User Guide, "S3 Replication Time Control". */
const LATENCY_MAX_SECONDS = 900;

/**
 * Adds the alarms of a replica's region that its buckets lag behind: that is the region where S3 tells latencies. Source:
 * S3 User Guide, "Using S3 Replication metrics", read 2026-11.
 */
export function addReplicationAlarms(alarms: Alarms, config: Config, replica: AwsRegion): void {
  for (const kind of KINDS) {
    alarms.add({
      name: `replication-behind-${kind}`,
      heading: 'replication-behind',
      severity: 'warning',
      metric: ruleMetric(config, { kind, replica }, 'ReplicationLatency').with({
        statistic: Stats.MAXIMUM,
      }),
      isFaulty: { above: LATENCY_MAX_SECONDS },
      description: 'The origin here lacks what was published a while ago (seconds).',
    });
  }
}

/** Adds the alarms of the primary's region that objects could not be replicated: failures are told at the source. */
export function addReplicationFailureAlarms(alarms: Alarms, config: Config): void {
  const [, ...replicas] = config.regions.origins;
  for (const replica of replicas) {
    for (const kind of KINDS) {
      alarms.add({
        name: `replication-failed-${kind}-${replica}`,
        heading: 'replication-failed',
        severity: 'warning',
        metric: ruleMetric(config, { kind, replica }, 'OperationsFailedReplication'),
        isFaulty: { above: 0 },
        description: 'Objects were not replicated to an origin in another region.',
        periods: 1,
      });
    }
  }
}

/** A metric of the rule that copies a bucket of the primary origin to its replica. */
function ruleMetric(
  config: Config,
  { kind, replica }: { readonly kind: (typeof KINDS)[number]; readonly replica: AwsRegion },
  metricName: string,
): Metric {
  const [, ...replicas] = config.regions.origins;
  return new Metric({
    namespace: 'AWS/S3',
    metricName,
    dimensionsMap: {
      SourceBucket: bucketName(config, kind, config.regions.control),
      DestinationBucket: bucketName(config, kind, replica),
      RuleId: `to-replica-${replicas.indexOf(replica) + 1}`,
    },
    statistic: Stats.SUM,
    period: PERIOD,
  });
}
