import { type UsDollars, usDollars } from '../units.ts';
import type { MonthlyTraffic } from './monthly-traffic.ts';
import type { Prices } from './prices.ts';
import { tieredCost } from './tiered-price.ts';

/** What costs money by being there, counted in the synthesized stacks. */
export interface DeployedResources {
  readonly hostedZones: number;
  readonly healthChecks: number;
  readonly healthCheckFeatures: number;
  /** Metrics that alarms look at: an alarm on an expression is billed for each of its metrics. */
  readonly alarmMetrics: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
  readonly customMetrics: number;
  /** Each replica of a secret is a secret. */
  readonly secrets: number;
  readonly keys: number;
  readonly webAcls: number;
  readonly webAclRules: number;
  /** Instances at least, by their type. */
  readonly instancesByType: Readonly<Record<string, number>>;
  readonly ocas: number;
}

/** One line of the bill: `quantity` of `unit`, and what they cost. */
export interface BillLine {
  readonly part: 'standing' | 'traffic' | 'appliances';
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  readonly usd: UsDollars;
  /** The price of one unit, in words; the first and last step of a price with steps. */
  readonly price: string;
}

export interface BillInput {
  readonly prices: Prices;
  readonly resources: DeployedResources;
  readonly traffic: MonthlyTraffic;
}

/** A month, line by line. Lines of no quantity are left out. */
export function monthlyBill({ prices, resources, traffic }: BillInput): BillLine[] {
  return [
    ...standingLines(prices, resources),
    ...deliveryLines(prices, traffic),
    ...controlPlaneLines(prices, traffic),
    ...wafLines(prices, { resources, traffic }),
    ...instanceLines(prices, { resources, traffic }),
    line('appliances', 'OCAs', resources.ocas, 'OCA', prices.oca.usdPerOcaMonth),
  ].filter(({ quantity }) => quantity > 0);
}

export const totalOf = (lines: readonly BillLine[]): UsDollars =>
  usDollars(lines.reduce((sum, { usd }) => sum + usd, 0));

const line = (
  part: BillLine['part'],
  item: string,
  quantity: number,
  unit: string,
  usdPerUnit: number,
): BillLine => ({
  part,
  item,
  quantity,
  unit,
  usd: usDollars(quantity * usdPerUnit),
  price: `${usdPerUnit} USD`,
});

function standingLines(
  { route53, cloudWatch, secretsManager, kms }: Prices,
  resources: DeployedResources,
): BillLine[] {
  const rows: readonly [item: string, quantity: number, unit: string, usdPerUnit: number][] = [
    ['Route 53 hosted zone', resources.hostedZones, 'zone', route53.usdPerZoneMonth],
    ['Route 53 health checks', resources.healthChecks, 'check', route53.usdPerHealthCheckMonth],
    [
      'Their HTTPS, fast interval, latency',
      resources.healthCheckFeatures,
      'feature',
      route53.usdPerHealthCheckFeatureMonth,
    ],
    ['CloudWatch alarms', resources.alarmMetrics, 'metric', cloudWatch.usdPerAlarmMonth],
    ['Composite alarms', resources.compositeAlarms, 'alarm', cloudWatch.usdPerCompositeAlarmMonth],
    ['Dashboards', resources.dashboards, 'dashboard', cloudWatch.usdPerDashboardMonth],
    ['Custom metrics', resources.customMetrics, 'metric', cloudWatch.usdPerMetricMonth],
    ['Secrets, with replicas', resources.secrets, 'secret', secretsManager.usdPerSecretMonth],
    ['KMS keys', resources.keys, 'key', kms.usdPerKeyMonth],
  ];
  return rows.map(([item, quantity, unit, usdPerUnit]) =>
    line('standing', item, quantity, unit, usdPerUnit),
  );
}

/** A viewer-request function checks a token in this time. Source: docs/measurements.md, rounded up to what is billed. */
const EDGE_FUNCTION_SECONDS = 0.001;
const EDGE_FUNCTION_GIGABYTES = 0.128;

function deliveryLines(
  { cloudFront, edgeFunctions, s3 }: Prices,
  traffic: MonthlyTraffic,
): BillLine[] {
  // The origin-response function runs at each fetch from an origin.
  const invocations = traffic.cloudFrontRequests + traffic.originRequests;
  const gigabyteSeconds = invocations * EDGE_FUNCTION_SECONDS * EDGE_FUNCTION_GIGABYTES;
  const { egress } = cloudFront;
  return [
    {
      part: 'traffic',
      item: 'CloudFront egress',
      quantity: traffic.cloudFrontBytes / 1e9,
      unit: 'GB',
      usd: tieredCost(egress, traffic.cloudFrontBytes),
      price: `${egress[0]?.usdPerGigabyte} to ${egress.at(-1)?.usdPerGigabyte} USD`,
    },
    ...(
      [
        [
          'CloudFront requests',
          traffic.cloudFrontRequests / 1e4,
          '10,000',
          cloudFront.usdPer10000Requests,
        ],
        [
          'Origin Shield requests',
          traffic.shieldRequests / 1e4,
          '10,000',
          cloudFront.usdPer10000ShieldRequests,
        ],
        [
          'Lambda@Edge invocations',
          invocations / 1e6,
          'million',
          edgeFunctions.usdPerMillionInvocations,
        ],
        ['Lambda@Edge time', gigabyteSeconds, 'GB-s', edgeFunctions.usdPerGigabyteSecond],
        ['S3 storage, all regions', traffic.storedBytes / 1e9, 'GB', s3.usdPerGigabyteMonth],
        ['S3 replication', traffic.replicatedBytes / 1e9, 'GB', s3.usdPerReplicatedGigabyte],
        ['S3 requests', traffic.originRequests / 1e4, '10,000', s3.usdPer10000GetRequests],
      ] as const
    ).map(([item, quantity, unit, usdPerUnit]) =>
      line('traffic', item, quantity, unit, usdPerUnit),
    ),
  ];
}

/** Memory by time of a control-plane invocation: 512 MB for 10 ms. Assumption. */
const FUNCTION_GIGABYTE_SECONDS = 0.005;
/** A report is one item of at most 2 kB, so two units. Assumption. */
const WRITE_UNITS_PER_REPORT = 2;

/** A request's line in the access log of its API, and the metrics of an OCA's minute. Source: our measurement, rounded up. */
const ACCESS_LOG_BYTES = 300;
const METRIC_LINE_BYTES = 1000;
/** Of the control API each request is admitted by a function before another answers it. */
const INVOCATIONS_PER_CONTROL_REQUEST = 2;
/** Of invocations, beside one a second. Source: Lambda Developer Guide, "Visualize Lambda function invocations using AWS X-Ray", read 2026-11. */
const TRACED_SHARE = 0.05;

function controlPlaneLines(
  { httpApi, functions, dynamoDb, cloudWatch, xRay }: Prices,
  traffic: MonthlyTraffic,
): BillLine[] {
  const writeUnits = traffic.reports * WRITE_UNITS_PER_REPORT * traffic.tableRegions;
  const { playbackRequests, controlRequests } = traffic;
  const logBytes =
    (playbackRequests + controlRequests) * ACCESS_LOG_BYTES +
    traffic.metricLines * METRIC_LINE_BYTES;
  const controlInvocations = controlRequests * INVOCATIONS_PER_CONTROL_REQUEST;
  const traces = (playbackRequests + controlInvocations) * TRACED_SHARE;
  const of = (name: string, requests: number, invocations = requests) =>
    [
      [`${name}, HTTP API`, requests / 1e6, 'million', httpApi.usdPerMillionRequests],
      [`${name}, invocations`, invocations / 1e6, 'million', functions.usdPerMillionInvocations],
      [
        `${name}, function time`,
        invocations * FUNCTION_GIGABYTE_SECONDS,
        'GB-s',
        functions.usdPerGigabyteSecond,
      ],
    ] as const;
  return [
    ...of('Playback and steering', playbackRequests),
    ...of("OCAs' reports and polls", controlRequests, controlInvocations),
    ['Traces', traces / 1e6, 'million', xRay.usdPerMillionTraces] as const,
    [
      'Access logs and metrics in logs',
      logBytes / 1e9,
      'GB',
      cloudWatch.usdPerLogGigabyte,
    ] as const,
    [
      'DynamoDB writes, all regions',
      writeUnits / 1e6,
      'million',
      dynamoDb.usdPerMillionWriteUnits,
    ] as const,
  ].map(([item, quantity, unit, usdPerUnit]) => line('traffic', item, quantity, unit, usdPerUnit));
}

/** 365 days by 12. */
const MONTH_HOURS = 730;

/** Types without a price are left out. */
function instanceLines(
  { ec2 }: Prices,
  { resources, traffic }: Omit<BillInput, 'prices'>,
): BillLine[] {
  const instances = Object.entries(resources.instancesByType).flatMap(([type, count]) => {
    const usdPerHour = ec2.usdPerHourByType[type];
    if (usdPerHour === undefined) return [];
    return [line('appliances', `EC2 ${type}`, count * MONTH_HOURS, 'hour', usdPerHour)];
  });
  const egress = line(
    'traffic',
    'EC2 egress',
    traffic.ec2EgressBytes / 1e9,
    'GB',
    ec2.usdPerEgressGigabyte,
  );
  return [egress, ...instances];
}

function wafLines({ waf }: Prices, { resources, traffic }: Omit<BillInput, 'prices'>): BillLine[] {
  const requests = resources.webAcls > 0 ? traffic.cloudFrontRequests : 0;
  return [
    line('standing', 'WAF web ACLs', resources.webAcls, 'ACL', waf.usdPerWebAclMonth),
    line('standing', 'WAF rules', resources.webAclRules, 'rule', waf.usdPerRuleMonth),
    line('traffic', 'WAF requests', requests / 1e6, 'million', waf.usdPerMillionRequests),
  ];
}
