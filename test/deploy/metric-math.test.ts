import { expect, test } from '@jest/globals';
import { compileMath, type Datapoint, numbersIn } from './metric-math.ts';

const evaluate = (expression: string, values: Record<string, Datapoint> = {}) =>
  compileMath(expression)({ values: new Map(Object.entries(values)), periodSeconds: 300 });

test.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 - 4 - 3', 3],
  ['-2 * 3', -6],
  ['2 ^ 3', 8],
  ['1e9 / 4', 2.5e8],
  ['1 < 2', 1],
  ['1 >= 2', 0],
  ['1 > 2 || 2 > 1', 1],
  ['1 > 2 AND 2 > 1', 0],
  ['MAX([1, 3, 2])', 3],
  ['SUM([1, 3, 2])', 6],
])('%s is %d', (expression, value) => {
  expect(evaluate(expression)).toBe(value);
});

test('IF chooses by a condition, and says nothing where that has no datapoint', () => {
  const expression = 'IF(requests >= 1000, rate, 0)';
  expect(evaluate(expression, { requests: 1000, rate: 5 })).toBe(5);
  expect(evaluate(expression, { requests: 999, rate: 5 })).toBe(0);
  expect(evaluate(expression, { requests: undefined, rate: 5 })).toBeUndefined();
});

test('what has no datapoint has no sum, but FILL gives it a value and lists do without it', () => {
  expect(evaluate('a + b', { a: 1, b: undefined })).toBeUndefined();
  expect(evaluate('FILL(a, 0) + b', { a: undefined, b: 2 })).toBe(2);
  expect(evaluate('SUM([a, b])', { a: undefined, b: 2 })).toBe(2);
});

test('a division by zero has no result', () => {
  expect(evaluate('a / b', { a: 1, b: 0 })).toBeUndefined();
});

test('PERIOD is in seconds', () => {
  expect(evaluate('bytes * 8 / PERIOD(bytes)', { bytes: 3000 })).toBe(80);
});

test.each(['a b', 'SEARCH(1)', '(1', '1 +', 'a'])('%s is refused, not guessed', (expression) => {
  expect(() => evaluate(expression)).toThrow('metric math');
});

test('numbers of an expression are found, names are not', () => {
  expect(numbersIn('IF(m1 >= 1000, 100 * m2 / 1.5e9, 0)')).toEqual([1000, 100, 1.5e9, 0]);
});
