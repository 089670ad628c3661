import { expect, test } from '@jest/globals';
import { instanceTraits } from '../../lib/instance-types.ts';

test.each([
  // Below 32 vCPUs no more than 5 Gbit/s leave through a gateway, whatever the baseline.
  ['i4i.large', 'x86_64', 'flash', 0.9375],
  ['i4i.2xlarge', 'x86_64', 'flash', 3.75],
  ['i4i.4xlarge', 'x86_64', 'flash', 5],
  ['i7ie.6xlarge', 'x86_64', 'flash', 5],
  // From 32 on, half of the baseline.
  ['i4i.8xlarge', 'x86_64', 'flash', 7.5],
  ['i4i.metal', 'x86_64', 'flash', 22.5],
  ['i7i.metal-48xl', 'x86_64', 'flash', 45],
  ['d3en.12xlarge', 'x86_64', 'hdd', 36],
  ['im4gn.16xlarge', 'arm64', 'flash', 50],
  ['is4gen.medium', 'arm64', 'flash', 1.5625],
  ['g4dn.2xlarge', 'x86_64', 'flash', 5],
] as const)('%s is %s with a %s tier and sends %d Gbit/s', (type, architecture, tier, gigabits) => {
  expect(instanceTraits(type)).toEqual({ architecture, tier, egress: gigabits * 1e9 });
});

test.each(['t3.large', 'i4i.huge', 'i4i'])('of %s nothing is known', (type) => {
  expect(() => instanceTraits(type)).toThrow('broken assumption');
});
