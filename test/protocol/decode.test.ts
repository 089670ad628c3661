import { expect, test } from '@jest/globals';
import { isName } from '#domain/ids.ts';
import {
  branded,
  decimal,
  decode,
  decodeJson,
  describeFaults,
  integer,
  list,
  literal,
  object,
  optional,
  text,
  truth,
} from '#protocol/decode.ts';

const machine = object({
  name: branded((value): value is string => isName(value), 'a name'),
  kind: literal('isp', 'ixp'),
  disks: list(object({ sizeBytes: integer({ min: 1 }) }), { lengthMax: 2 }),
  share: optional(decimal({ max: 1 })),
  isPinned: optional(truth),
  note: optional(text({ lengthMax: 5 })),
});

test('every fault is told at once, with its place, what was expected and what was found', () => {
  const decoded = decode(machine, {
    name: 'Bad Name',
    kind: 'cable',
    disks: [{ sizeBytes: 1 }, { sizeBytes: 0.5 }],
    share: 2,
    isPinned: 'yes',
    note: 'too long',
  });
  expect(decoded).toEqual({
    ok: false,
    faults: [
      { path: 'name', expected: 'a name', found: '"Bad Name"' },
      { path: 'kind', expected: '"isp" or "ixp"', found: '"cable"' },
      {
        path: 'disks[1].sizeBytes',
        expected: 'a whole number from 1 to 9007199254740991',
        found: '0.5',
      },
      { path: 'share', expected: 'a number from 0 to 1', found: '2' },
      { path: 'isPinned', expected: 'true or false', found: '"yes"' },
      { path: 'note', expected: 'text of at most 5 characters', found: '"too long"' },
    ],
  });
});

test('what is missing is found to be nothing', () => {
  const decoded = decode(machine, { kind: 'isp' });
  expect(decoded.ok ? '' : describeFaults(decoded.faults)).toBe(
    'name: expected a name, found nothing; disks: expected a list of at most 2, found nothing',
  );
});

test.each([null, [], 'text', 7, undefined])('%j is no object', (value) => {
  expect(decode(machine, value)).toMatchObject({
    ok: false,
    faults: [{ path: '', expected: 'an object' }],
  });
});

test('unknown fields are dropped and absent optional ones stay absent', () => {
  const decoded = decode(machine, { name: 'a', kind: 'isp', disks: [], later: 'version' });
  expect(decoded).toEqual({ ok: true, value: { name: 'a', kind: 'isp', disks: [] } });
});

test('a list that is too long is refused whole', () => {
  expect(decode(list(integer(), { lengthMax: 1 }), [1, 2]).ok).toBe(false);
});

test('text that is not JSON is one fault, and long findings are cut', () => {
  const decoded = decodeJson(machine, `<${'html'.repeat(100)}`);
  expect(decoded).toMatchObject({ ok: false, faults: [{ expected: 'JSON' }] });
  expect(decoded.ok ? 0 : decoded.faults[0]?.found.length).toBe(61);
});

test('a prototype cannot be smuggled in', () => {
  const decoded = decodeJson(
    object({ name: text() }),
    '{"__proto__": {"isOperator": true}, "name": "a"}',
  );
  expect(decoded).toEqual({ ok: true, value: { name: 'a' } });
  expect(decoded.ok && 'isOperator' in decoded.value).toBe(false);
});
