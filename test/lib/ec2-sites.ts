import type { RawConfig } from './example-config.ts';

const common = {
  location: { latitude: 42, longitude: -71 },
  timeZone: 'America/New_York',
  fill: {
    windowStart: '02:00',
    windowEnd: '08:00',
    ocaBitsPerSecond: 4e9,
    siteBitsPerSecond: 8e9,
  },
  ocas: [],
};

/** A site of instances in two Availability Zones of one region. */
export const regionalSite = (ec2: RawConfig = {}): RawConfig => ({
  ...common,
  siteId: 'test-west',
  name: 'A region',
  kind: 'ixp',
  footprint: ['192.0.2.0/25'],
  ec2: {
    region: 'us-west-2',
    availabilityZones: ['us-west-2a', 'us-west-2c'],
    instanceType: 'im4gn.4xlarge',
    instancesMin: 2,
    instancesMax: 6,
    vpcCidr: '10.20.0.0/20',
    ...ec2,
  },
});

/** A site of instances in two Wavelength Zones of one carrier. */
export const carrierSite = (ec2: RawConfig = {}): RawConfig => ({
  ...common,
  siteId: 'test-carrier',
  name: 'A carrier',
  kind: 'mec',
  footprint: ['192.0.2.128/25'],
  ec2: {
    region: 'us-east-1',
    availabilityZones: ['us-east-1-wl1-bos-wlz-1', 'us-east-1-wl1-nyc-wlz-1'],
    instanceType: 'g4dn.2xlarge',
    instancesMin: 1,
    instancesMax: 1,
    vpcCidr: '10.21.0.0/24',
    ...ec2,
  },
});
