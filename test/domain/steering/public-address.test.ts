import { expect, test } from '@jest/globals';
import { isPublicIpv4, isPublicIpv6 } from '#domain/steering/public-address.ts';

test.each([
  '10.1.2.3',
  '127.0.0.1',
  '169.254.1.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '0.0.0.0',
  '2001:db8::1',
  '::ffff:198.51.100.1',
  '198.51.100.01',
  'example.com',
])('%s is no public IPv4 address', (text) => {
  expect(isPublicIpv4(text)).toBe(false);
});

test.each([
  '::1',
  '::',
  'fd00::1',
  'fe80::1',
  'ff02::1',
  '::ffff:10.0.0.1',
  '2001:db8::1%eth0',
  '203.0.113.1',
])('%s is no public IPv6 address', (text) => {
  expect(isPublicIpv6(text)).toBe(false);
});

test('public addresses, and those of documentation, are public', () => {
  expect(['203.0.113.11', '8.8.8.8', '172.32.0.1', '100.128.0.1'].map(isPublicIpv4)).not.toContain(
    false,
  );
  expect(['2001:db8::11', '2a00:1450::1'].map(isPublicIpv6)).not.toContain(false);
});
