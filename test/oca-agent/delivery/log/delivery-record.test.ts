import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cmcdOf, networkOf } from '../../../../oca-agent/delivery/log/delivery-record.ts';

test.each([
  ['192.0.2.77', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8:7:1:2:3:4:5', '2001:db8:7::/48'],
  ['2001:db8::1', '2001:db8:0::/48'],
  ['::1', '0:0:0::/48'],
  ['fe80::1%eth0', 'fe80:0:0::/48'],
  ['', ''],
])('of the address %s the log keeps %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('no address leaves more of it in the log than its network', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), (ipv4, ipv6) => {
      expect(networkOf(ipv4)).toBe(`${ipv4.split('.').slice(0, 3).join('.')}.0/24`);
      expect(networkOf(ipv6)).toMatch(
        /^(?:[0-9a-f]{1,4}:[0-9a-f]{1,4}:[0-9a-f]{1,4}::\/48|(?:\d{1,3}\.){3}0\/24)$/i,
      );
    }),
    { seed: 53 },
  );
});

test('CMCD is taken from the query, or from its fields; nothing else of a query is', () => {
  const query = '/content/t/f.mp4?CMCD=bl%3D2900%2Csid%3D%22a%22&secret=1';
  expect(cmcdOf(query, { 'cmcd-session': 'sid="b"' })).toBe('bl=2900,sid="a"');
  const fields = { 'cmcd-request': 'bl=100', 'cmcd-session': 'sid="b"' };
  expect(cmcdOf('/content/t/f.mp4?secret=1', fields)).toBe('bl=100,sid="b"');
  expect(cmcdOf('/content/t/f.mp4?secret=1', {})).toBeUndefined();
});
