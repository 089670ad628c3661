import { expect, test } from '@jest/globals';
import { InternedTexts } from '../../../../oca-agent/store/table/interned-texts.ts';

/** On both sides of what a cell holds, and beyond Latin-1. */
const TEXTS = [
  '',
  'a',
  'b',
  'fifteen-letters',
  'fifteen-letterz',
  'sixteen--letters',
  'é',
  'ǩ',
  'k',
];

test('a number is its own text and no other, whatever its length and letters', () => {
  const texts = new InternedTexts();
  const numbers = TEXTS.map((text) => texts.retain(text));
  numbers.forEach((number, own) => {
    TEXTS.forEach((text, other) => {
      expect([text, texts.is(number, text)]).toEqual([text, other === own]);
    });
  });
});

test('a text keeps its number when thousands come after it', () => {
  const texts = new InternedTexts();
  const name = (n: number) => `${'long-'.repeat(n % 4)}${n}`;
  for (let n = 0; n < 3000; n += 1) texts.retain(name(n));
  for (let n = 0; n < 3000; n += 1) {
    expect(texts.is(n, name(n))).toBe(true);
    expect(texts.is(n, name(n + 4))).toBe(false);
  }
});

test('hundreds of long texts, with no short one among them, are told apart', () => {
  const texts = new InternedTexts();
  const name = (n: number) => `a text longer than a cell ${n}`;
  for (let n = 0; n < 500; n += 1) texts.retain(name(n));
  for (let n = 0; n < 500; n += 1) {
    expect(texts.is(n, name(n))).toBe(true);
    expect(texts.is(n, name(n + 1))).toBe(false);
  }
});

test.each([
  ['a short text', 'short'],
  ['a long one', 'longer than a cell is'],
])('%s that is released is nobody’s, and the next is no other’s', (_, text) => {
  const texts = new InternedTexts();
  const number = texts.retain(text);
  texts.release(number);
  expect(texts.is(number, text)).toBe(false);
  expect(texts.retain('the next, and long, too')).toBe(number);
  expect(texts.is(number, text)).toBe(false);
  expect(texts.is(number, 'the next, and long, too')).toBe(true);
});

test('a list that is put back drops what nobody uses', () => {
  const texts = new InternedTexts();
  texts.restore([{ text: 'used', uses: 2 }, null, { text: 'unused', uses: 0 }]);
  texts.dropUnused();
  expect([0, 2].map((number) => texts.is(number, number === 0 ? 'used' : 'unused'))).toEqual([
    true,
    false,
  ]);
});
