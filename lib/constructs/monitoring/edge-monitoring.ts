import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import {
  AlarmRule,
  AlarmState,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { EDGE_FAILING, EDGE_REGION } from '../../names.ts';
import { Alarms } from './alarms.ts';
import { addCertificateAlarm } from './certificate-alarm.ts';
import { CloudFrontMetrics } from './cloudfront-metrics.ts';
import { addDistributionAlarms } from './distribution-alarms.ts';

export interface EdgeMonitoringProps {
  readonly config: Config;
  /** The first one's alarms and dashboard have no number in their names. */
  readonly distributions: readonly MonitoredDistribution[];
}

export interface MonitoredDistribution {
  readonly distribution: Distribution;
  readonly certificate: ICertificate;
}

/** Alarms and dashboards of CloudFront. */
export class EdgeMonitoring extends Construct {
  private readonly config: Config;

  constructor(scope: Construct, id: string, { config, distributions }: EdgeMonitoringProps) {
    super(scope, id);
    this.config = config;
    const alarms = new Alarms(this, 'Alarms', { config, part: 'edge' });
    const failing = distributions.map(({ distribution, certificate }, index) => {
      const suffix = index === 0 ? '' : `-${index + 1}`;
      const metrics = new CloudFrontMetrics(config, distribution.distributionId);
      const before = alarms.all.length;
      const alarm = addDistributionAlarms(alarms, { config, metrics, suffix });
      const name = `server-certificate-expiring${suffix}`;
      addCertificateAlarm(alarms, { config, name, certificate });
      this.addDashboard(metrics, { suffix, alarms: alarms.all.slice(before) });
      return alarm;
    });
    alarms.addComposite({
      name: EDGE_FAILING,
      severity: 'critical',
      rule: AlarmRule.anyOf(
        ...failing.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM)),
      ),
      description: 'A distribution answers viewers with 5xx.',
      isMember: config.regions.control === EDGE_REGION,
    });
  }

  private addDashboard(
    metrics: CloudFrontMetrics,
    { suffix, alarms }: { readonly suffix: string; readonly alarms: IAlarm[] },
  ): void {
    const graph = (title: string, left: IMetric[]) =>
      new GraphWidget({ title, left, width: 12, region: EDGE_REGION });
    const latency = [50, 95, 99].map((rank) =>
      metrics.metric('OriginLatency', Stats.percentile(rank)),
    );
    const errors = ['4xxErrorRate', '5xxErrorRate'].map((name) =>
      metrics.metric(name, Stats.AVERAGE),
    );
    new Dashboard(this, `Dashboard${suffix.slice(1)}`, {
      dashboardName: `${this.config.prefix}-edge${suffix}`,
      widgets: [
        [new AlarmStatusWidget({ alarms, width: 24 })],
        [
          graph('Cache hit rate (%)', [metrics.metric('CacheHitRate', Stats.AVERAGE)]),
          graph('Egress (bit/s)', [metrics.egress()]),
        ],
        [graph('Origin latency (ms)', latency), graph('Errors (% of requests)', errors)],
      ],
    });
  }
}
