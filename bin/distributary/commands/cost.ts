import { type Command, InvalidArgumentError, Option } from 'commander';
import { type BillLine, monthlyBill, totalOf } from '#domain/cost/monthly-bill.ts';
import { type MonthlyUsage, monthlyTraffic } from '#domain/cost/monthly-traffic.ts';
import { ratio } from '#domain/units.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { customMetricCount } from '../cost/custom-metrics.ts';
import { ocaCount } from '../cost/oca-count.ts';
import { sessionOf, table } from '../session.ts';

interface CostOptions {
  readonly config: string;
  readonly egressTb: number;
  readonly ocaShare: number;
  readonly ec2EgressTb: number;
  readonly hitRatio: number;
  readonly shieldHitRatio: number;
  readonly contentTb: number;
  readonly publishedTb: number;
  readonly requestMb: number;
  readonly watchedMbps: number;
  readonly sessionMinutes: number;
}

/** What the bill leaves out, so that nobody takes it for the whole. */
const NOT_COUNTED = [
  'EC2: more instances than instancesMin, types without a price, volumes, public addresses',
  "the control plane's tables at rest, backups and reads",
  'Parquet conversion and storage of access logs, and Athena queries (5 USD for each TB read; assumption)',
  'logs of functions, but for metrics in them, publishing (PUT requests, upload), support plans, taxes, free tiers and discounts',
];

export function addCostCommand(program: Command): void {
  const command = program
    .command('cost')
    .description('what a month costs: the resources of a configuration, and its traffic')
    .option('--config <file>', 'the configuration', 'config/example.yaml');
  const share = (flags: string, says: string, preset: number) =>
    command.addOption(new Option(flags, says).argParser(shareOf).default(preset));
  const amount = (flags: string, says: string, preset: number) =>
    command.addOption(new Option(flags, says).argParser(amountOf).default(preset));
  const size = (flags: string, says: string, preset: number) =>
    command.addOption(new Option(flags, says).argParser(sizeOf).default(preset));
  amount('--egress-tb <n>', 'TB that reach viewers in the month', 1000);
  share('--oca-share <n>', 'the share of them that OCAs serve, 0 to 1', 0.95);
  amount('--ec2-egress-tb <n>', 'TB of that which leave OCAs on EC2', 10);
  share('--hit-ratio <n>', 'of CloudFront requests, answered at the edge', 0.9);
  share('--shield-hit-ratio <n>', 'of the rest, answered by Origin Shield', 0.6);
  amount('--content-tb <n>', 'TB in the primary origin', 50);
  amount('--published-tb <n>', 'TB published in the month', 5);
  size('--request-mb <n>', 'MB of a mean request', 2);
  size('--watched-mbps <n>', 'mean Mbit/s of what is watched', 5);
  size('--session-minutes <n>', 'mean minutes of a session', 60);
  command.action(printCost);
}

async function printCost(options: CostOptions, command: Command): Promise<void> {
  const config = loadConfig(options.config);
  // The CDK takes a second to load; the other commands do without it.
  const { deployedResources } = await import('../cost/deployed-resources.ts');
  const resources = { ...deployedResources(config), customMetrics: customMetricCount(config) };
  const traffic = monthlyTraffic(usageOf(options), shapeOf(config));
  const lines = monthlyBill({ prices: config.prices, resources, traffic });
  const total = totalOf(lines);
  const { source, asOf } = config.prices;
  sessionOf(command).print({ source, asOf, options, lines, total, notCounted: NOT_COUNTED }, [
    `A month of ${options.config}. Prices: ${source}, ${asOf}; those marked "assumption" there are ours.`,
    `Assumed: ${assumptionsText(options)}.`,
    '',
    ...table([
      ['part', 'item', 'quantity', 'unit', 'price', 'USD'],
      ...lines.map(columns),
      ['', 'total', '', '', '', money(total)],
    ]),
    '',
    'Not counted:',
    ...NOT_COUNTED.map((item) => `  - ${item}`),
  ]);
}

const usageOf = (options: CostOptions): MonthlyUsage => ({
  egressBytes: options.egressTb * 1e12,
  ocaShare: ratio(options.ocaShare),
  ec2EgressBytes: options.ec2EgressTb * 1e12,
  hitRatio: ratio(options.hitRatio),
  shieldHitRatio: ratio(options.shieldHitRatio),
  contentBytes: options.contentTb * 1e12,
  publishedBytes: options.publishedTb * 1e12,
  requestBytes: options.requestMb * 1e6,
  watchedBitsPerSecond: options.watchedMbps * 1e6,
  sessionSeconds: options.sessionMinutes * 60,
});

const shapeOf = ({ regions, sites, health, fill, steering }: Config) => ({
  originRegions: regions.origins.length,
  playbackRegions: regions.playback.length,
  sites: sites.length,
  ocas: sites.reduce((total, site) => total + ocaCount(site), 0),
  reportIntervalSeconds: health.reportIntervalSeconds,
  planPollSeconds: fill.planPollSeconds,
  steeringTtlSeconds: steering.ttlSeconds,
});

const assumptionsText = (options: CostOptions): string =>
  [
    `${options.egressTb} TB to viewers at ${options.watchedMbps} Mbit/s in sessions of ${options.sessionMinutes} min`,
    `${options.ocaShare * 100} % of it from OCAs, ${options.ec2EgressTb} TB of that from EC2`,
    `CloudFront hit ratio ${options.hitRatio}, shield ${options.shieldHitRatio}`,
    `${options.contentTb} TB of content, ${options.publishedTb} TB of it new`,
    `${options.requestMb} MB a request`,
  ].join('; ');

const columns = ({ part, item, quantity, unit, price, usd }: BillLine): string[] => [
  part,
  item,
  quantity.toLocaleString('en-US', { maximumFractionDigits: 1 }),
  unit,
  price,
  money(usd),
];

const money = (usd: number): string =>
  usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function amountOf(text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !(amount >= 0 && amount < 1e9)) {
    throw new InvalidArgumentError('A number from 0.');
  }
  return amount;
}

/** What is divided by. */
function sizeOf(text: string): number {
  const size = amountOf(text);
  if (size === 0) throw new InvalidArgumentError('A number above 0.');
  return size;
}

function shareOf(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1)) {
    throw new InvalidArgumentError('A number from 0 to 1.');
  }
  return share;
}
