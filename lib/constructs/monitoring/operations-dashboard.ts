import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  MathExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '#protocol/metrics-catalogue.ts';
import type { Config } from '../../config/schema.ts';
import {
  alarmArn,
  distributionCount,
  EDGE_FAILING,
  EDGE_REGION,
  type FunctionName,
} from '../../names.ts';
import { PERCENT } from './cloudfront-metrics.ts';
import { DISTRIBUTION_HEADINGS } from './distribution-alarms.ts';
import { functionMetric } from './function-error-alarms.ts';
import { deploymentMetric, everyMetric, FIVE_MINUTES, MINUTE } from './own-metrics.ts';

export interface OperationsDashboardProps {
  readonly config: Config;
  /** Of this region. */
  readonly alarms: readonly IAlarm[];
}

const WIDTH = 24;
const CONTROL_FUNCTIONS: readonly FunctionName[] = ['control', 'fill-planner', 'fleet-watch'];
const PLAYBACK_FUNCTIONS: readonly FunctionName[] = ['playback', 'steering'];

/** The page that an operator keeps open: what rings, then what viewers get, then sites, fill and the control plane. */
export class OperationsDashboard extends Construct {
  private readonly config: Config;

  constructor(scope: Construct, id: string, { config, alarms }: OperationsDashboardProps) {
    super(scope, id);
    this.config = config;
    new Dashboard(this, 'Dashboard', {
      dashboardName: `${config.prefix}-operations`,
      widgets: [
        [this.heading(), ...this.alarmStatus(alarms)],
        [this.text('## Viewers')],
        this.viewers(),
        [this.text('## Sites: the lines of all, find the one that stands out')],
        this.sites(),
        [this.text('## OCAs and fill')],
        this.fleet(),
        [this.text('## Control plane')],
        this.controlPlane(),
      ],
    });
  }

  private heading(): IWidget {
    const { runbookUrl = 'docs/runbook.md' } = this.config.alarms;
    const edge = `https://${EDGE_REGION}.console.aws.amazon.com/cloudwatch/home?region=${EDGE_REGION}#dashboards/dashboard/${this.config.prefix}-edge`;
    return this.text(
      [
        `# ${this.config.prefix}`,
        `What to do when an alarm rings: ${runbookUrl}. CloudFront alone: [dashboard ${this.config.prefix}-edge](${edge}).`,
        'What it costs: [Cost Explorer](https://console.aws.amazon.com/cost-management/home#/cost-explorer), by the tag `distributary:deployment`.',
      ].join('\n\n'),
      3,
    );
  }

  private alarmStatus(alarms: readonly IAlarm[]): IWidget[] {
    const { regions } = this.config;
    const names = [EDGE_FAILING, ...this.distributionAlarmNames()];
    const named = (name: string, region: (typeof regions.playback)[number]) =>
      Alarm.fromAlarmArn(this, `${name}-${region}`, alarmArn(this.config, name, region));
    const edge = names.map((name) => named(name, EDGE_REGION));
    const playback = regions.playback.flatMap((region) =>
      [...PLAYBACK_FUNCTIONS, 'playback-api'].map((name) => named(`${name}-errors`, region)),
    );
    return [
      new AlarmStatusWidget({ title: 'Fleet and control plane', alarms: [...alarms], width: 12 }),
      new AlarmStatusWidget({ title: 'CloudFront', alarms: edge, width: 6 }),
      new AlarmStatusWidget({ title: 'Playback, by region', alarms: playback, width: 6 }),
    ];
  }

  private distributionAlarmNames(): string[] {
    const count = distributionCount(this.config);
    return Array.from({ length: count }, (_, index) =>
      index === 0 ? '' : `-${index + 1}`,
    ).flatMap((suffix) => DISTRIBUTION_HEADINGS.map((heading) => `${heading}${suffix}`));
  }

  private viewers(): IWidget[] {
    const own = (name: MetricName) => deploymentMetric(this.config, name, FIVE_MINUTES);
    return [
      this.graph('Requests', [own('Requests'), cloudFront('Requests', 'Sum')]),
      this.graph('Hit rate by layer (%)', [
        ratio('OCAs', own('CacheHits'), own('CacheMisses')),
        cloudFront('CacheHitRate', 'Average'),
      ]),
      this.graph('Errors (% of requests)', [
        rate('OCAs 4xx', { clientErrors: own('ClientErrors') }, own('Requests')),
        rate('OCAs 5xx', { serverErrors: own('ServerErrors') }, own('Requests')),
        cloudFront('4xxErrorRate', 'Average'),
        cloudFront('5xxErrorRate', 'Average'),
      ]),
      this.graph('Bytes sent in 5 minutes', [
        own('BytesDownloaded'),
        cloudFront('BytesDownloaded', 'Sum'),
      ]),
      this.graph('Origin latency, p95 (ms)', [
        own('OriginLatency'),
        cloudFront('OriginLatency', 'p95'),
      ]),
      this.graph('Offload: share of bytes that OCAs sent (%)', [
        ratio('OCAs of OCAs and CloudFront', own('BytesDownloaded'), cloudFrontBytes()),
      ]),
    ];
  }

  private sites(): IWidget[] {
    const all = (name: MetricName) => everyMetric(this.config, name, ['Site']);
    return [
      this.graph('Hit rate (%)', [all('CacheHitRate')]),
      this.graph('Egress utilization (%)', [all('EgressUtilization')]),
      this.graph('5xx', [all('ServerErrors')]),
      this.graph('4xx', [all('ClientErrors')]),
      this.graph('Bytes sent in 5 minutes', [all('BytesDownloaded')]),
      this.graph('OCAs that report, in OCA-minutes', [all('Heartbeats')]),
    ];
  }

  private fleet(): IWidget[] {
    const own = (name: MetricName) => deploymentMetric(this.config, name, MINUTE);
    return [
      this.graph('OCAs in use', [own('OcasWatched'), own('OcasOutOfService'), own('OcasSilent')]),
      this.graph('Behind their fill plan', [
        own('OcasFillBehind'),
        everyMetric(this.config, 'OcasFillBehind', ['Site']),
      ]),
      this.graph('Failed disks, days to the first certificate’s end', [
        own('DisksFailed'),
        own('CertificateDaysLeft'),
        own('ServerCertificateDaysLeft'),
      ]),
      ...(this.config.metrics.perOca
        ? [this.graph('5xx by OCA', [everyMetric(this.config, 'ServerErrors', ['Site', 'Oca'])])]
        : []),
    ];
  }

  private controlPlane(): IWidget[] {
    const { playback } = this.config.regions;
    const failures = (metricName: string) => [
      ...CONTROL_FUNCTIONS.map((name) => functionMetric(this.config, { name, metricName })),
      ...playback.flatMap((region) =>
        PLAYBACK_FUNCTIONS.map((name) => functionMetric(this.config, { name, metricName, region })),
      ),
    ];
    return [
      this.graph('Invocations', failures('Invocations')),
      this.graph('Errors', failures('Errors')),
      this.graph('Throttles', failures('Throttles')),
    ];
  }

  private graph(title: string, left: IMetric[]): IWidget {
    return new GraphWidget({ title, left, width: 8, region: this.config.regions.control });
  }

  private text(markdown: string, height = 1): IWidget {
    return new TextWidget({ markdown, width: WIDTH, height });
  }
}

/**
 * Every distribution of the account: their ids are known to the edge stack alone. Each metric is told in one region.
 */
const cloudFront = (metricName: string, statistic: string): MathExpression =>
  new MathExpression({
    expression: cloudFrontSearch(metricName, statistic),
    label: 'CloudFront',
    usingMetrics: {},
    searchRegion: EDGE_REGION,
    period: FIVE_MINUTES,
  });

const cloudFrontBytes = (): MathExpression =>
  new MathExpression({
    expression: `SUM(${cloudFrontSearch('BytesDownloaded', 'Sum')})`,
    label: 'CloudFront',
    usingMetrics: {},
    searchRegion: EDGE_REGION,
    period: FIVE_MINUTES,
  });

const cloudFrontSearch = (metricName: string, statistic: string): string =>
  `SEARCH('{AWS/CloudFront,DistributionId,Region} MetricName="${metricName}" Region="Global"', '${statistic}', ${FIVE_MINUTES.toSeconds()})`;

/** Percent that `part` is of both together. */
const ratio = (label: string, part: IMetric, rest: IMetric): MathExpression =>
  new MathExpression({
    expression: `${PERCENT} * part / (part + rest)`,
    label,
    usingMetrics: { part, rest },
    period: FIVE_MINUTES,
  });

/** Ids must differ within a graph, so the errors bring their own. */
const rate = (
  label: string,
  errors: Readonly<Record<string, IMetric>>,
  requests: IMetric,
): MathExpression =>
  new MathExpression({
    expression: `${PERCENT} * ${Object.keys(errors).join()} / requests`,
    label,
    usingMetrics: { ...errors, requests },
    period: FIVE_MINUTES,
  });
