import { expect, test } from '@jest/globals';
import {
  baseUrl,
  positiveInteger,
  readEnvironment,
  truth,
} from '../../../lambda/shared/environment-reader.ts';

test('every variable that is not set is told at once', () => {
  expect(() => readEnvironment(['A', 'B', 'C'], { B: 'x' })).toThrow('A, C');
});

test('an empty variable is set, and others are not handed on', () => {
  expect(readEnvironment(['A'], { A: '', PATH: '/bin' })).toEqual({ A: '' });
});

test.each(['', '0', '-1', '1.5', '1e3', ' 1', '9'.repeat(16), 'x'])(
  '%p is no positive integer',
  (text) => {
    expect(() => positiveInteger('TTL', text)).toThrow('TTL');
  },
);

test('numbers and URLs are read', () => {
  expect(positiveInteger('TTL', '42')).toBe(42);
  expect(baseUrl('URL', 'https://play.test/base//')).toBe('https://play.test/base');
});

test.each(['', 'play.test', 'ftp://play.test', 'https://', 'https://play.test?x', 'https://a b'])(
  '%p is no base URL',
  (text) => {
    expect(() => baseUrl('URL', text)).toThrow('URL');
  },
);

test('a switch is true or false, and nothing else', () => {
  expect([truth('SWITCH', 'true'), truth('SWITCH', 'false')]).toEqual([true, false]);
  for (const text of ['', 'TRUE', '1', 'no']) expect(() => truth('SWITCH', text)).toThrow('SWITCH');
});
