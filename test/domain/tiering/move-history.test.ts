import { expect, test } from '@jest/globals';
import type { AssetId } from '#domain/ids.ts';
import { MoveHistory } from '#domain/tiering/move-history.ts';
import { epochMs, seconds } from '#domain/units.ts';

const a = 'a' as AssetId;
const b = 'b' as AssetId;
const history = (startedAt = 0) =>
  new MoveHistory({
    stayFor: seconds(86_400),
    movesPerHourMax: 2,
    startedAt: epochMs(startedAt),
  });

test('a move is remembered for as long as the stay, from the last one on', () => {
  const moves = history();
  moves.note(a, epochMs(0));
  moves.note(b, epochMs(1_000));
  moves.note(a, epochMs(80_000_000));
  moves.note(b, epochMs(86_401_000 + 3_600_000));
  expect([moves.movedAt(a), moves.movedAt(b)]).toEqual([80_000_000, 90_001_000]);
  moves.note(b, epochMs(80_000_000 + 86_400_000));
  expect(moves.movedAt(a)).toBeUndefined();
});

test('the allowance comes back an hour after each move, also when the clock was set back', () => {
  const moves = history(5_000_000);
  moves.note(a, epochMs(10_000_000));
  moves.note(b, epochMs(10_600_000));
  expect(moves.allowance(epochMs(13_599_999))).toBe(0);
  expect(moves.allowance(epochMs(13_600_000))).toBe(1);
  expect(moves.allowance(epochMs(0))).toBe(2);
});

test('nothing moves in the hour after a start: who knows what did before it', () => {
  const moves = history(50_000_000);
  expect(moves.allowance(epochMs(50_000_000))).toBe(0);
  expect(moves.allowance(epochMs(53_599_999))).toBe(0);
  expect(moves.allowance(epochMs(53_600_000))).toBe(2);
});
