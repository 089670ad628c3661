import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAddress, parsePrefix } from '#domain/steering/ip-address.ts';

test.each([
  '',
  ' ',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4 ',
  '+1.2.3.4',
  '1.2.3.4:80',
  '0x1.2.3.4',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '12345::',
  'g::',
  'fe80::1%eth0',
  '[::1]',
  '::1.2.3',
  '1.2.3.4::',
  '::1.2.3.4:5',
  'localhost',
  '1:2:3:4:5:6:7:',
])('%p is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test.each([
  ['198.51.100.7', 4, 0xc6336407n],
  ['0.0.0.0', 4, 0n],
  ['::', 6, 0n],
  ['::1', 6, 1n],
  ['2001:DB8::1', 6, 0x20010db8000000000000000000000001n],
  ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
  ['1::', 6, 1n << 112n],
  ['64:ff9b::198.51.100.7', 6, (0x64ff9bn << 96n) | 0xc6336407n],
] as const)('%p is read', (text, family, value) => {
  expect(parseAddress(text)).toEqual({ family, value });
});

test('an IPv4-mapped IPv6 address is the IPv4 address that it carries', () => {
  expect(parseAddress('::ffff:198.51.100.7')).toEqual(parseAddress('198.51.100.7'));
  expect(parseAddress('::FFFF:c633:6407')).toEqual(parseAddress('198.51.100.7'));
});

test.each([
  '198.51.100.0',
  '198.51.100.0/',
  '198.51.100.0/33',
  '198.51.100.0/-1',
  '198.51.100.0/024',
  '198.51.100.0/24/24',
  '198.51.100.7/24',
  '2001:db8::1/64',
  '2001:db8::/129',
  '/24',
  '::ffff:198.51.100.0/95',
  '198.51.100.0/24 ',
])('%p is no prefix', (text) => {
  expect(parsePrefix(text)).toBeUndefined();
});

test('a prefix of IPv4-mapped addresses is the IPv4 prefix', () => {
  expect(parsePrefix('::ffff:198.51.100.0/120')).toEqual(parsePrefix('198.51.100.0/24'));
});

test('every IPv6 value is read back from its full, its shortened and its upper-case spelling', () => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, fc.integer({ min: 0, max: 7 }), (parts, at) => {
      const zeroed = parts.map((part, index) => (index === at ? 0 : part));
      const value = zeroed.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
      const hex = zeroed.map((part) => part.toString(16));
      const short = `${hex.slice(0, at).join(':')}::${hex.slice(at + 1).join(':')}`;
      const expected =
        value >> 32n === 0xffffn
          ? { family: 4, value: value & 0xffff_ffffn }
          : { family: 6, value };
      for (const text of [hex.join(':'), hex.join(':').toUpperCase(), short]) {
        expect(parseAddress(text)).toEqual(expected);
      }
    }),
    { seed: 20_261 },
  );
});

test('no text makes the parser throw', () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:./]{0,45}$/));
  fc.assert(
    fc.property(texts, (text) => {
      parsePrefix(text);
      const parsed = parseAddress(text);
      expect(parsed === undefined || parsed.value >= 0n).toBe(true);
    }),
    { seed: 20_262 },
  );
});
