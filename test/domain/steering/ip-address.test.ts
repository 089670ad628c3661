import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  covers,
  type IpAddress,
  parseAddress,
  parsePrefix,
  prefixAround,
} from '#domain/steering/ip-address.ts';

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

const addressOf = (text: string): IpAddress => {
  const address = parseAddress(text);
  if (!address) throw new Error(`${text} is no address`);
  return address;
};

test('the network around an address is written as CIDR, and IPv4 in an IPv6 form is IPv4', () => {
  const lengths = { 4: 24, 6: 48 };
  const around = (text: string) => prefixAround(addressOf(text), lengths);
  expect(around('198.51.100.20')).toBe('198.51.100.0/24');
  expect(around('::ffff:198.51.100.20')).toBe('198.51.100.0/24');
  expect(around('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::/48');
  expect(around('::1')).toBe('::/48');
  expect(prefixAround(addressOf('2001:db8::ff'), { 4: 24, 6: 128 })).toBe(
    '2001:db8:0:0:0:0:0:ff/128',
  );
});

test('the network around an address can be read, covers it, and no address that differs in its first bits', () => {
  const bits = { 4: 32, 6: 128 } as const;
  const address = fc.oneof(
    fc.record({
      family: fc.constant(4 as const),
      value: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }),
    }),
    fc.record({
      family: fc.constant(6 as const),
      value: fc.bigInt({ min: 2n ** 48n, max: 2n ** 128n - 1n }),
    }),
  );
  fc.assert(
    fc.property(address, fc.integer({ min: 1, max: 32 }), (one, length) => {
      const prefix = parsePrefix(prefixAround(one, { 4: length, 6: length }));
      const flip = 1n << BigInt(bits[one.family] - length);
      const inside = { ...one, value: one.value ^ (flip >> 1n) };
      expect([prefix && covers(prefix, one), prefix && covers(prefix, inside)]).toEqual([
        true,
        true,
      ]);
      expect(prefix && covers(prefix, { ...one, value: one.value ^ flip })).toBe(false);
      expect(prefix && covers(prefix, { ...one, family: one.family === 4 ? 6 : 4 })).toBe(false);
    }),
    { seed: 20_263 },
  );
});
