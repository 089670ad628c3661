import { expect, test } from '@jest/globals';
import { isPublicIpv4, isPublicIpv6, parsePrefix } from '../../../lib/config/addresses.ts';

test.each([
  '198.51.100.0/24',
  '0.0.0.0/0',
  '203.0.113.7/32',
  '::/0',
  '2001:db8:1::/48',
  '2001:db8::1/128',
  '::ffff:198.51.100.0/120',
])('%s is a prefix', (text) => {
  expect(parsePrefix(text)).toBeDefined();
});

test.each([
  '198.51.100.0',
  '198.51.100.0/33',
  '198.51.100.1/24',
  '198.51.100/24',
  '2001:db8::/129',
  '2001:db8::1/64',
  '2001:db8:1::/40',
  'fe80::1%eth0/64',
  '198.51.100.0/',
  '/24',
  '',
])('%j is no prefix', (text) => {
  expect(parsePrefix(text)).toBeUndefined();
});

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
