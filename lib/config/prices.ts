import { z } from 'zod';
import { usDollars } from '#domain/units.ts';
import { decimal, listOf, mapping, pattern } from './fields.ts';

const price = (unit: string) =>
  decimal(`US dollars ${unit}`, { min: 0, max: 1e9 }).transform(usDollars);

/** One step of a volume price: it holds up to `upToBytes` a month in total, the last step without bound. */
const egressStep = mapping({
  upToBytes: decimal('bytes', { min: 1, max: 1e21 }).optional(),
  usdPerGigabyte: price('a GB'),
});

const functionPrices = mapping({
  usdPerMillionInvocations: price('for 1,000,000 invocations'),
  usdPerGigabyteSecond: price('a GB-second'),
});

/** What the cost model multiplies with. A GB is 10^9 bytes. `source` and `asOf` go onto every bill that is printed. */
export const prices = mapping({
  source: z.string({ error: 'where the prices were read' }).min(1, { error: 'a source' }),
  asOf: pattern(
    'a date YYYY-MM-DD, in quotes',
    /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  ),
  cloudFront: mapping({
    egress: listOf(egressStep, {
      min: 1,
      max: 20,
      keyOf: ({ upToBytes }) => String(upToBytes),
      of: 'price steps',
    }),
    usdPer10000Requests: price('for 10,000 requests'),
    usdPer10000ShieldRequests: price('for 10,000 requests'),
  }),
  edgeFunctions: functionPrices,
  functions: functionPrices,
  httpApi: mapping({ usdPerMillionRequests: price('for 1,000,000 requests') }),
  s3: mapping({
    usdPerGigabyteMonth: price('a GB and month'),
    usdPer10000GetRequests: price('for 10,000 requests'),
    usdPerReplicatedGigabyte: price('a GB'),
  }),
  dynamoDb: mapping({ usdPerMillionWriteUnits: price('for 1,000,000 units') }),
  route53: mapping({
    usdPerZoneMonth: price('a zone and month'),
    usdPerHealthCheckMonth: price('a health check and month'),
    usdPerHealthCheckFeatureMonth: price('a feature and month'),
  }),
  cloudWatch: mapping({
    usdPerMetricMonth: price('a metric and month'),
    usdPerAlarmMonth: price('a metric of an alarm and month'),
    usdPerCompositeAlarmMonth: price('an alarm and month'),
    usdPerDashboardMonth: price('a dashboard and month'),
    usdPerLogGigabyte: price('a GB taken in'),
  }),
  xRay: mapping({ usdPerMillionTraces: price('for 1,000,000 traces') }),
  secretsManager: mapping({ usdPerSecretMonth: price('a secret and month') }),
  kms: mapping({ usdPerKeyMonth: price('a key and month') }),
  waf: mapping({
    usdPerWebAclMonth: price('a web ACL and month'),
    usdPerRuleMonth: price('a rule and month'),
    usdPerMillionRequests: price('for 1,000,000 requests'),
  }),
  ec2: mapping({
    usdPerEgressGigabyte: price('a GB'),
    /** On demand. A type that is not here is left off the bill, which says so. */
    usdPerHourByType: z.record(z.string(), price('an instance and hour'), {
      error: 'a mapping from instance types to US dollars an hour',
    }),
  }),
  oca: mapping({
    usdPerOcaMonth: price('an OCA and month'),
  }),
});
