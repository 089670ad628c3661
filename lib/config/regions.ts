import { z } from 'zod';
import { identity, listOf, mapping, oneOf } from './fields.ts';

export type Continent = 'NA' | 'SA' | 'EU' | 'AF' | 'AS' | 'OC';

/**
 * The AWS regions of the `aws` partition and the continent, as Route 53 counts continents, that each stands on.
 * Source: AWS General Reference, "AWS service endpoints"; Route 53 Developer Guide, "Geolocation routing", read 2026-11.
 */
const continentByRegion = {
  'af-south-1': 'AF',
  'ap-east-1': 'AS',
  'ap-northeast-1': 'AS',
  'ap-northeast-2': 'AS',
  'ap-northeast-3': 'AS',
  'ap-south-1': 'AS',
  'ap-south-2': 'AS',
  'ap-southeast-1': 'AS',
  'ap-southeast-2': 'OC',
  'ap-southeast-3': 'AS',
  'ap-southeast-4': 'OC',
  'ca-central-1': 'NA',
  'ca-west-1': 'NA',
  'eu-central-1': 'EU',
  'eu-central-2': 'EU',
  'eu-north-1': 'EU',
  'eu-south-1': 'EU',
  'eu-south-2': 'EU',
  'eu-west-1': 'EU',
  'eu-west-2': 'EU',
  'eu-west-3': 'EU',
  'il-central-1': 'AS',
  'me-central-1': 'AS',
  'me-south-1': 'AS',
  'sa-east-1': 'SA',
  'us-east-1': 'NA',
  'us-east-2': 'NA',
  'us-west-1': 'NA',
  'us-west-2': 'NA',
} as const satisfies Record<string, Continent>;

export type AwsRegion = keyof typeof continentByRegion;

export const continentOf = (region: AwsRegion): Continent => continentByRegion[region];

/**
 * Regions that can host an Origin Shield. An origin elsewhere must name the shield nearest to it.
 * Source: CloudFront Developer Guide, "Choosing the AWS Region for Origin Shield", read 2026-11.
 */
const SHIELD_REGIONS = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'eu-central-1',
  'eu-west-1',
  'eu-west-2',
  'me-central-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-2',
] as const satisfies readonly AwsRegion[];

export const isShieldRegion = (region: AwsRegion): boolean =>
  (SHIELD_REGIONS as readonly AwsRegion[]).includes(region);

/**
 * Regions where VPCs can have carrier gateways, without which nothing in a Wavelength Zone is reached. Of what the stacks
 * make in regions of the configuration, nothing else is missing in any of them; Origin Shield apart, see above.
 * Source: CloudFormation's resource types by region, as packed in cfn-lint 1.58, read 2026-11. It has no list of
 * me-south-1, which is taken to have none.
 */
export const CARRIER_GATEWAY_REGIONS = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'us-east-1',
  'us-east-2',
  'us-west-2',
] as const satisfies readonly AwsRegion[];

export const hasCarrierGateways = (region: AwsRegion): boolean =>
  (CARRIER_GATEWAY_REGIONS as readonly AwsRegion[]).includes(region);

export const awsRegion = oneOf(Object.keys(continentByRegion) as [AwsRegion, ...AwsRegion[]]);

export const regions = mapping({
  /** Regions of the S3 origins. The first is the primary: titles are published there and replicated to the rest. */
  origins: listOf(awsRegion, { min: 1, max: 3, keyOf: identity, of: 'AWS regions' }),
  /** Origin Shield of an origin. Default: the origin's own region. */
  shieldByOrigin: z
    .partialRecord(awsRegion, oneOf(SHIELD_REGIONS), {
      error: 'a mapping from an origin region to its shield region',
    })
    .optional(),
  /** Where the control plane runs: the primary origin's region. */
  control: awsRegion,
  /** Where the playback API runs. */
  playback: listOf(awsRegion, { min: 1, max: 12, keyOf: identity, of: 'AWS regions' }),
});
