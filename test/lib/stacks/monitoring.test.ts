import { beforeAll, expect, test } from '@jest/globals';
import { exampleConfig, type RawConfig } from '../example-config.ts';
import { compositeRings } from '../monitoring/alarm-evaluator.ts';
import {
  ALARM,
  alarmedMetrics,
  COMPOSITE,
  graphedMetrics,
  isInCatalogue,
  resolved,
  widgetsOf,
} from '../monitoring/monitored.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

const variant = (edit?: (config: RawConfig) => void) => Synthesized.of(exampleConfig(edit));

let example: Synthesized;
/** Another control region, two distributions, and everything optional the other way round. */
let elsewhere: Synthesized;

beforeAll(async () => {
  example = await variant();
  elsewhere = await variant((config) => {
    config.regions.control = 'eu-west-1';
    config.regions.origins = ['eu-west-1', 'us-east-1'];
    config.traffic.cloudFrontPeakBitsPerSecond = 2 * config.limits.distributionBitsPerSecond;
    config.metrics = { namespace: 'Acme/Cdn', perOca: false };
    config.alarms.runbookUrl = 'https://wiki.example.com/runbook';
    config.alarms.recipients = [];
    delete config.alarms.monthlyBudgetUsd;
  });
});

const alarmsOf = (synthesized: Synthesized, stack?: string) => [
  ...synthesized.properties(ALARM, stack),
  ...synthesized.properties(COMPOSITE, stack),
];

/** Alarms of one stack by name, each with what it tells: the ends of its topics' names. */
const tellingOf = (synthesized: Synthesized, stack: string) => {
  const topics = new Map(
    synthesized
      .resources('AWS::SNS::Topic', stack)
      .map(({ logicalId, Properties }) => [logicalId, Properties.TopicName]),
  );
  return new Map(
    alarmsOf(synthesized, stack).map((alarm) => [
      alarm.AlarmName.replace('distributary-', ''),
      (alarm.AlarmActions ?? []).map((action: Properties) =>
        (topics.get(resolved(action)) ?? resolved(action)).split('-').at(-1),
      ),
    ]),
  );
};

test('alarms and graphs ask for metrics of ours that the catalogue has, under exactly these dimensions', () => {
  for (const [synthesized, namespace] of [
    [example, 'Distributary'],
    [elsewhere, 'Acme/Cdn'],
  ] as const) {
    const asked = [...alarmedMetrics(synthesized), ...graphedMetrics(synthesized)];
    const own = asked.filter((metric) => metric.namespace === namespace);
    expect(own.length).toBeGreaterThan(30);
    expect(own.filter((metric) => !isInCatalogue(metric))).toEqual([]);
    const known =
      /^(AWS\/(ApiGateway|CertificateManager|CloudFront|DynamoDB|Lambda|Route53|S3|SQS|States))$/;
    expect(asked.filter((m) => m.namespace !== namespace && !known.test(m.namespace))).toEqual([]);
  }
});

test('of the deployment means of this one: its prefix is the dimension', () => {
  const own = alarmedMetrics(example).filter(({ namespace }) => namespace === 'Distributary');
  expect(new Set(own.map(({ dimensions }) => JSON.stringify(dimensions)))).toEqual(
    new Set(['{"Deployment":"distributary"}']),
  );
});

test('CloudFront’s metrics are asked for where they are: us-east-1, Region=Global', () => {
  for (const [synthesized, own] of [
    [example, 'us-east-1'],
    [elsewhere, 'eu-west-1'],
  ] as const) {
    const alarmed = alarmedMetrics(synthesized).filter((m) => m.namespace === 'AWS/CloudFront');
    expect(new Set(alarmed.map(({ stack }) => stack))).toEqual(new Set(['edge']));
    const graphed = graphedMetrics(synthesized).filter((m) => m.namespace === 'AWS/CloudFront');
    const outside = graphed.filter(({ stack }) => stack !== 'edge');
    expect(outside.length).toBeGreaterThan(4);
    expect(outside.filter(({ region = own }) => region !== 'us-east-1')).toEqual([]);
    for (const { dimensions } of [...alarmed, ...graphed]) {
      expect(Object.keys(dimensions)).toEqual(['DistributionId', 'Region']);
      expect(dimensions.Region).toBe('Global');
    }
  }
});

test('every alarm’s message ends with a link into the runbook', () => {
  for (const { AlarmName, AlarmDescription } of alarmsOf(example)) {
    const [, severity, heading = ''] =
      /^\[(warning|critical)\] \S.*\. Runbook: docs\/runbook\.md#([a-z0-9-]+)$/.exec(
        AlarmDescription,
      ) ?? [];
    expect([AlarmName, severity]).toEqual([AlarmName, expect.any(String)]);
    expect(heading).not.toBe('');
  }
  for (const { AlarmDescription } of alarmsOf(elsewhere))
    expect(AlarmDescription).toMatch(/ Runbook: https:\/\/wiki\.example\.com\/runbook#[a-z0-9-]+$/);
});

test('names of alarms differ within a region, also those of two distributions', () => {
  for (const synthesized of [example, elsewhere]) {
    const control = synthesized === example ? 'us-east-1' : 'eu-west-1';
    const regionOf = (stack: string) =>
      ({ edge: 'us-east-1', control, monitoring: control })[stack] ?? stack.replace(/^\w+-/, '');
    const names = synthesized.stacks.flatMap((stack) =>
      alarmsOf(synthesized, stack).map(({ AlarmName }) => `${regionOf(stack)} ${AlarmName}`),
    );
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
  }
  const names = alarmsOf(elsewhere, 'edge').map(({ AlarmName }) => AlarmName);
  expect(names).toContain('distributary-server-errors-high-2');
});

test('CloudWatch may publish to every topic, recipients are subscribed to all, and none without recipients', () => {
  const topics = example.resources('AWS::SNS::Topic').map(({ logicalId }) => logicalId);
  const alarmTopics = example
    .properties('AWS::SNS::TopicPolicy')
    .filter(({ PolicyDocument }) =>
      PolicyDocument.Statement.some(
        ({ Effect, Principal, Condition }: Properties) =>
          Effect === 'Allow' &&
          Principal.Service === 'cloudwatch.amazonaws.com' &&
          Condition.StringEquals['aws:SourceAccount'] === '111122223333',
      ),
    )
    .flatMap(({ Topics }) => Topics.map(resolved));
  const told = new Set(
    example.stacks.flatMap((stack) =>
      alarmsOf(example, stack).flatMap(({ AlarmActions = [] }) =>
        AlarmActions.map(resolved).filter((action: string) => topics.includes(action)),
      ),
    ),
  );
  expect([...told].filter((topic) => !alarmTopics.includes(topic))).toEqual([]);
  const subscribed = example
    .properties('AWS::SNS::Subscription')
    .filter(({ Endpoint }) => Endpoint === 'operations@example.com')
    .map(({ TopicArn }) => resolved(TopicArn));
  expect([...told].filter((topic) => !subscribed.includes(topic))).toEqual([]);
  expect(
    elsewhere.properties('AWS::SNS::Subscription').filter(({ Protocol }) => Protocol === 'email'),
  ).toEqual([]);
});

test('every alarm tells somebody when it rings and when it clears, or a composite that does', () => {
  for (const synthesized of [example, elsewhere]) {
    for (const alarm of alarmsOf(synthesized)) expect(alarm.OKActions).toEqual(alarm.AlarmActions);
    const silent = alarmsOf(synthesized).filter(
      ({ AlarmActions = [] }) => AlarmActions.length === 0,
    );
    const names = silent.map(({ AlarmName }) => AlarmName);
    expect(names).toEqual(synthesized === example ? ['distributary-edge-failing'] : []);
  }
});

test('a disturbance pages once: members warn, composites page', () => {
  const edge = tellingOf(example, 'edge');
  const monitoring = tellingOf(example, 'monitoring');
  for (const member of [
    'ocas-lost',
    'control-errors',
    'fleet-watch-failing',
    'oca-server-errors-high',
  ])
    expect([member, monitoring.get(member)]).toEqual([member, ['warning']]);
  expect(edge.get('server-errors-high')).toEqual(['warning']);
  const paging = [...edge, ...monitoring].filter(([, told]) => told.includes('critical'));
  expect(paging.map(([name]) => name)).toEqual(['viewers-affected', 'fleet-degraded']);
  const [, fleetDegraded] = example.properties(COMPOSITE, 'monitoring');
  expect(fleetDegraded.AlarmName).toBe('distributary-fleet-degraded');
  expect(resolved(fleetDegraded.ActionsSuppressor)).toMatch(/viewersaffected/);
});

test('where alarms of two regions would have to be combined, CloudFront’s page by themselves', () => {
  expect(tellingOf(elsewhere, 'edge').get('edge-failing')).toEqual(['critical']);
  expect(ruleOf(elsewhere, 'edge', 'edge-failing')).toMatch(
    /^\(ALARM\("server-errors-high"\) OR ALARM\("server-errors-high-2"\)\)$/,
  );
  expect(ruleOf(elsewhere, 'monitoring', 'viewers-affected')).not.toContain('edge-failing');
});

/** The rule of a composite alarm, with names of alarms without prefix. */
function ruleOf(synthesized: Synthesized, stack: string, name: string): string {
  const nameById = new Map(
    [...synthesized.resources(ALARM, stack), ...synthesized.resources(COMPOSITE, stack)].map(
      ({ logicalId, Properties: { AlarmName } }) => [logicalId, AlarmName],
    ),
  );
  const composite = synthesized
    .properties(COMPOSITE, stack)
    .find(({ AlarmName }) => AlarmName === `distributary-${name}`);
  return resolved(composite?.AlarmRule)
    .replaceAll(/"(\w+)"/g, (_, id) => `"${nameById.get(id) ?? id}"`)
    .replaceAll(/"(?:arn:[^"]*:alarm:)?distributary-/g, '"');
}

test.each([
  ['viewers-affected', ['edge-failing'], true],
  ['viewers-affected', ['oca-server-errors-high'], true],
  ['viewers-affected', ['ocas-lost', 'site-egress-high'], true],
  ['viewers-affected', ['ocas-lost'], false],
  ['viewers-affected', ['site-egress-high', 'ocas-silent', 'control-errors'], false],
  ['fleet-degraded', ['ocas-lost'], true],
  ['fleet-degraded', ['control-errors'], true],
  ['fleet-degraded', ['control-api-errors'], true],
  ['fleet-degraded', ['control-authorizer-errors'], true],
  ['fleet-degraded', ['fleet-watch-failing', 'ocas-silent'], true],
  ['fleet-degraded', ['ocas-silent', 'disks-failed', 'fill-behind', 'dead-letters'], false],
])('%s while %j ring: %s', (name, ringing, expected) => {
  expect(compositeRings(ruleOf(example, 'monitoring', name), ringing)).toBe(expected);
});

test('alarms are as many however many sites and OCAs there are', async () => {
  const names = (synthesized: Synthesized) =>
    alarmsOf(synthesized, 'monitoring').map(({ AlarmName }) => AlarmName);
  const [first] = exampleConfig().sites;
  const large = await variant((config) => {
    config.sites = Array.from({ length: 40 }, (_, index) => ({
      ...config.sites[0],
      siteId: `site-${index}`,
      footprint: [`198.18.${index}.0/24`],
      ocas: [{ ...config.sites[0].ocas[0], ocaId: `oca-${index}`, address: undefined }],
    })).concat(config.sites.filter(({ ec2 }: Properties) => ec2));
    for (const site of config.sites) for (const oca of site.ocas) delete oca.address;
  });
  expect(first).toBeDefined();
  expect(names(large)).toEqual(names(example));
});

test('the operations dashboard begins with what rings, here and in the other regions', () => {
  const [dashboard] = example.properties('AWS::CloudWatch::Dashboard', 'monitoring');
  expect(dashboard?.DashboardName).toBe('distributary-operations');
  const widgets = widgetsOf(dashboard);
  const types = widgets.map(({ type }) => type);
  expect(types.slice(0, 4)).toEqual(['text', 'alarm', 'alarm', 'alarm']);
  expect(widgets[0].properties.markdown).toContain('docs/runbook.md');
  const alarms = widgets.filter(({ type }) => type === 'alarm').flatMap((w) => w.properties.alarms);
  expect(alarms).toHaveLength(new Set(alarms).size);
  expect(alarms).toContain(
    'arn:aws:cloudwatch:us-east-1:111122223333:alarm:distributary-edge-failing',
  );
  const inStack = new Set(alarms.filter((alarm: string) => !alarm.startsWith('arn:')));
  expect(inStack.size).toBe(alarmsOf(example, 'monitoring').length);
  const named = new Set(
    example.stacks.flatMap((stack) => alarmsOf(example, stack).map(({ AlarmName }) => AlarmName)),
  );
  for (const arn of alarms.filter((alarm: string) => alarm.startsWith('arn:')))
    expect(named).toContain(arn.split(':').at(-1));
  expect(widgets.length).toBeLessThan(100);
});

test('without metrics per OCA no graph asks for them', () => {
  const perOca = (synthesized: Synthesized) =>
    graphedMetrics(synthesized).filter(({ dimensions }) => 'Oca' in dimensions);
  expect(perOca(example).length).toBeGreaterThan(0);
  expect(perOca(elsewhere)).toEqual([]);
});

test('the budget warns at 80 % of the sum and when the forecast passes it; without a sum there is none', () => {
  // In us-east-1 wherever the control plane is: CloudFormation makes no budgets in some regions.
  const budget = example.only('AWS::Budgets::Budget', 'edge');
  expect(budget.Budget).toMatchObject({
    BudgetType: 'COST',
    TimeUnit: 'MONTHLY',
    BudgetLimit: { Amount: 5000, Unit: 'USD' },
  });
  expect(
    budget.NotificationsWithSubscribers.map(({ Notification, Subscribers }: Properties) => [
      Notification.NotificationType,
      Notification.ComparisonOperator,
      Notification.Threshold,
      Notification.ThresholdType,
      Subscribers,
    ]),
  ).toEqual(
    [
      ['ACTUAL', 80],
      ['FORECASTED', 100],
    ].map(([type, threshold]) => [
      type,
      'GREATER_THAN',
      threshold,
      'PERCENTAGE',
      [{ SubscriptionType: 'EMAIL', Address: 'operations@example.com' }],
    ]),
  );
  expect(elsewhere.properties('AWS::Budgets::Budget')).toEqual([]);
});

test('fleet-watch runs every minute, and may read and write only what it must', () => {
  const schedule = example
    .properties('AWS::Scheduler::Schedule', 'control')
    .find(({ Name }) => Name === 'distributary-fleet-watch');
  expect(schedule).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { RetryPolicy: { MaximumRetryAttempts: 0 } },
  });
});

test('each playback region raises its own alarms', () => {
  expect([...tellingOf(example, 'playback-eu-west-1')]).toEqual([
    ['playback-errors', ['critical']],
    ['steering-errors', ['critical']],
    ['playback-functions-throttled', ['warning']],
    ['playback-api-errors', ['critical']],
    ['playback-certificate-expiring', ['warning']],
  ]);
});

test('every function in the control region has an alarm for its errors, and no alarm is for none', () => {
  const watchedElsewhere = ['distributary-fleet-watch'];
  const functions = example
    .properties('AWS::Lambda::Function', 'control')
    .map(({ FunctionName }) => FunctionName)
    .filter((name) => !watchedElsewhere.includes(name));
  const alarmed = alarmedMetrics(example)
    .filter(({ stack, name }) => stack === 'monitoring' && name === 'Errors')
    .map(({ dimensions }) => dimensions.FunctionName);
  expect(alarmed.toSorted()).toEqual(functions.toSorted());
});
