import { beforeAll, describe, expect, test } from '@jest/globals';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';
import { Resolver, type StackedRecord } from './resolver.ts';

const REGIONS = exampleConfig().regions.playback;
const CONTINENTS = ['NA', 'SA', 'EU', 'AF', 'AS', 'OC'];
const PLACES = [...CONTINENTS, 'AN', undefined];
let example: Synthesized;
let records: StackedRecord[];
let checks: string[];

function routingOf(playback: readonly string[]): Promise<Synthesized> {
  const config = exampleConfig((raw) => {
    raw.regions.playback = playback;
  });
  return Synthesized.of(config, 'routing', ...playback.map((region) => `playback-${region}`));
}

const recordsOf = (synthesized: Synthesized): StackedRecord[] =>
  synthesized.stacks.flatMap((stack) =>
    synthesized
      .resources('AWS::Route53::RecordSet', stack)
      .map((resource) => ({ stack, resource })),
  );
const checksOf = (synthesized: Synthesized): string[] =>
  synthesized.stacks.flatMap((stack) =>
    synthesized
      .resources('AWS::Route53::HealthCheck', stack)
      .map(({ logicalId }) => `${stack}/${logicalId}`),
  );

beforeAll(async () => {
  example = await routingOf(REGIONS);
  records = recordsOf(example);
  checks = checksOf(example);
});

const ask = (continent: string | undefined, type: 'A' | 'AAAA', down: ReadonlySet<string>) =>
  new Resolver(records, (check) => !down.has(check)).answers({
    name: 'play.example.com',
    type,
    ...(continent && { continent }),
  });

/** Every set of health checks that may fail together. */
const outages = () =>
  Array.from(
    { length: 2 ** checks.length },
    (_, bits) => new Set(checks.filter((_each, index) => (bits >> index) & 1)),
  );

describe.each(['A', 'AAAA'] as const)('play.<domain> as %s', (type) => {
  test('is never answered with an unhealthy API while another is healthy, from any place, in any outage', () => {
    expect(checks).toHaveLength(REGIONS.length);
    for (const down of outages()) {
      for (const place of PLACES) {
        const answers = ask(place, type, down);
        expect(answers.length).toBeGreaterThan(0);
        const isAnyUp = down.size < checks.length;
        const bad = answers.filter(({ healthChecks }) =>
          healthChecks.some((each) => down.has(each)),
        );
        expect([place, [...down], isAnyUp ? bad : []]).toEqual([place, [...down], []]);
      }
    }
  });

  test('every answer ends in the regional API of the stack that gives it, over a health check of its own', () => {
    for (const place of PLACES) {
      for (const { stack, dnsName, healthChecks } of ask(place, type, new Set())) {
        expect(stack).toMatch(/^playback-/);
        const [domainName, attribute] = dnsName['Fn::GetAtt'];
        expect(attribute).toBe('RegionalDomainName');
        const [domain] = example
          .resources('AWS::ApiGatewayV2::DomainName', stack)
          .filter(({ logicalId }) => logicalId === domainName);
        expect(domain?.Properties.DomainName).toBe('play.example.com');
        expect(healthChecks).toEqual([expect.stringMatching(new RegExp(`^${stack}/`))]);
      }
    }
  });

  test.each([
    ['NA', ['us-east-1', 'us-west-2']],
    ['SA', ['us-east-1', 'us-west-2']],
    ['EU', ['eu-west-1', 'eu-central-1']],
    ['AF', ['eu-west-1', 'eu-central-1']],
    ['AS', ['ap-southeast-1', 'ap-northeast-1']],
    ['OC', ['ap-southeast-1', 'ap-northeast-1']],
    [undefined, [...REGIONS]],
    ['AN', [...REGIONS]],
  ])('viewers in %s are sent to %s while all is well', (place, regions) => {
    const stacks = ask(place, type, new Set()).map(({ stack }) => stack);
    expect(stacks.toSorted()).toEqual(regions.map((region) => `playback-${region}`).toSorted());
  });

  test('with every API unhealthy there is still an answer: the checks may be what is broken', () => {
    expect(ask('EU', type, new Set(checks)).length).toBeGreaterThan(0);
  });
});

test('one region is answered to the whole world', async () => {
  const single = await routingOf(['eu-west-1']);
  const resolver = new Resolver(recordsOf(single), () => true);
  for (const continent of CONTINENTS) {
    const answers = resolver.answers({ name: 'play.example.com', type: 'A', continent });
    expect(answers.map(({ stack }) => stack)).toEqual(['playback-eu-west-1']);
  }
});

test('leaves of one name weigh the same, and every one has its health check', () => {
  const weights = new Map<string, Properties[]>();
  for (const { resource } of records) {
    const { Name, Type, Weight, HealthCheckId, AliasTarget } = resource.Properties;
    if (Weight === undefined) continue;
    expect([HealthCheckId, AliasTarget.EvaluateTargetHealth]).toEqual([expect.anything(), true]);
    weights.set(`${Name} ${Type}`, [...(weights.get(`${Name} ${Type}`) ?? []), Weight]);
  }
  expect(weights.size).toBe(8);
  for (const each of weights.values()) expect(new Set(each).size).toBe(1);
});

test('records that have a lifetime live for a minute', () => {
  const lifetimes = records.flatMap(({ resource }) => resource.Properties.TTL ?? []);
  expect(lifetimes.filter((ttl) => ttl !== '60')).toEqual([]);
  expect(records.every(({ resource }) => resource.Properties.AliasTarget)).toBe(true);
});
