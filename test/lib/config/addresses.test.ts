import { expect, test } from '@jest/globals';
import { parsePrefix } from '../../../lib/config/addresses.ts';

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
