import {
  type AwsRegion,
  awsRegion,
  continentOf,
  isShieldRegion,
} from '../../lib/config/regions.ts';

export const REGION_PRESETS = ['one', 'global'] as const;
export type RegionPreset = (typeof REGION_PRESETS)[number];

interface RegionChoice {
  readonly origins: readonly AwsRegion[];
  readonly shieldByOrigin?: Readonly<Partial<Record<AwsRegion, AwsRegion>>>;
  readonly control: AwsRegion;
  readonly playback: readonly AwsRegion[];
}

const GLOBAL_ORIGINS: readonly AwsRegion[] = ['us-east-1', 'eu-west-1', 'ap-southeast-1'];
const GLOBAL_PLAYBACK: readonly AwsRegion[] = [
  'us-east-1',
  'us-west-2',
  'eu-west-1',
  'eu-central-1',
  'ap-southeast-1',
  'ap-northeast-1',
];

/**
 * `one`: everything in `region`; cheap, without failover. `global`: three origins, the first of them in `region`, and
 * six regions of the playback API.
 */
export function regionsOf(preset: RegionPreset, region: AwsRegion): RegionChoice {
  const others = GLOBAL_ORIGINS.filter((origin) => continentOf(origin) !== continentOf(region));
  const origins = preset === 'one' ? [region] : [region, ...others];
  const shields = origins.flatMap((origin) =>
    isShieldRegion(origin) ? [] : [[origin, nearestShield(origin)] as const],
  );
  return {
    origins,
    ...(shields.length > 0 ? { shieldByOrigin: Object.fromEntries(shields) } : {}),
    control: region,
    playback: preset === 'one' ? [region] : [...new Set([region, ...GLOBAL_PLAYBACK])],
  };
}

/** A shield on the same continent, by preference with the same first two parts of its name; else the busiest region. */
function nearestShield(origin: AwsRegion): AwsRegion {
  const shields = awsRegion.options.filter(isShieldRegion);
  const near = shields.filter((shield) => continentOf(shield) === continentOf(origin));
  const area = origin.replace(/-\d$/, '');
  return near.find((shield) => shield.startsWith(area)) ?? near[0] ?? 'us-east-1';
}

/** Every region that anything is deployed to; CloudFront's is always one of them. */
export const deployedRegions = (config: {
  readonly regions: Pick<RegionChoice, 'origins' | 'control' | 'playback'>;
  readonly sites: readonly { readonly ec2?: { readonly region: AwsRegion } | undefined }[];
}): AwsRegion[] => [
  ...new Set([
    'us-east-1' as const,
    config.regions.control,
    ...config.regions.origins,
    ...config.regions.playback,
    ...config.sites.flatMap(({ ec2 }) => (ec2 ? [ec2.region] : [])),
  ]),
];
