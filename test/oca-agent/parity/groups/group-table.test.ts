import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DiskId, ParityGroupId } from '#domain/ids.ts';
import { bytes } from '#domain/units.ts';
import {
  GroupTable,
  PIECE_STATES,
  type Piece,
} from '../../../../oca-agent/parity/groups/group-table.ts';
import { sha256 } from '../../fixtures/bytes.ts';

const idOf = (number: number) =>
  sha256(Buffer.from(`group ${number}`)).slice(0, 32) as unknown as ParityGroupId;
const diskOf = (number: number) => `hdd-${number}` as DiskId;
const present = (slot: number | undefined, disk: number): Piece => ({
  state: 'present',
  diskId: diskOf(disk),
  slot,
});
const groupOf = (number: number, firstSlot: number, shape: { k: number; m: number }) => ({
  groupId: idOf(number),
  dataFiles: shape.k,
  parityFiles: shape.m,
  lengthBytes: bytes(number),
  pieces: Array.from({ length: shape.k + shape.m }, (_, piece) =>
    present(piece < shape.k ? firstSlot + piece : undefined, piece),
  ),
});

test('a group is found by its id and by the slots of its members, until it goes', () => {
  const table = new GroupTable();
  const group = table.add(groupOf(1, 100, { k: 3, m: 2 }));
  expect(table.find(idOf(1))).toBe(group);
  expect(table.groupIdAt(group)).toBe(idOf(1));
  expect(table.shapeAt(group)).toEqual({ dataFiles: 3, parityFiles: 2 });
  expect(table.pieceOf(102)).toEqual({ group, piece: 2 });
  expect(table.pieceOf(103)).toBeUndefined();
  table.remove(group);
  expect(table.find(idOf(1))).toBeUndefined();
  expect(table.pieceOf(102)).toBeUndefined();
  expect([...table.numbers()]).toEqual([]);
});

test('a group with more pieces than any before it finds place, and the others keep theirs', () => {
  const table = new GroupTable();
  const small = table.add(groupOf(1, 0, { k: 2, m: 1 }));
  const large = table.add(groupOf(2, 50, { k: 20, m: 4 }));
  expect(table.pieceOf(1)).toEqual({ group: small, piece: 1 });
  expect(table.pieceOf(69)).toEqual({ group: large, piece: 19 });
  expect(table.diskAt(small, 2)).toBe('hdd-2');
  expect(table.diskAt(large, 23)).toBe('hdd-23');
});

test('pieces on disks that cannot be read are missing, and so are lost ones; columns without a member are not', () => {
  const table = new GroupTable();
  const group = table.add(groupOf(1, 0, { k: 3, m: 2 }));
  const readable = new Set([0, 1, 2, 3, 4].map(diskOf));
  expect(table.missingAt(group, readable)).toBe(0);
  readable.delete(diskOf(4));
  expect(table.missingAt(group, readable)).toBe(1);
  table.setPiece(group, 0, { state: 'lost', diskId: diskOf(0), slot: 0 });
  expect(table.missingAt(group, readable)).toBe(2);
  table.setPiece(group, 0, { state: 'none', diskId: undefined, slot: undefined });
  expect(table.missingAt(group, readable)).toBe(1);
  expect(table.countAssets(readable)).toEqual({ held: 2, unread: 0 });
  table.loseDisk(diskOf(1));
  expect(table.countAssets(readable)).toEqual({ held: 2, unread: 1 });
});

type Change = (table: GroupTable, step: number) => void;
const group = fc.nat(5);
const addition = group.map(
  (id): Change =>
    (table, step) => {
      if (table.find(idOf(id)) === undefined) table.add(groupOf(id, step * 10, { k: 4, m: 1 }));
    },
);
const removal = group.map(
  (id): Change =>
    (table) => {
      const known = table.find(idOf(id));
      if (known !== undefined) table.remove(known);
    },
);
const loss = fc.nat(5).map(
  (disk): Change =>
    (table) =>
      table.loseDisk(diskOf(disk)),
);
const setting = fc
  .tuple(group, fc.nat(3), fc.constantFrom(...PIECE_STATES), fc.nat(5), fc.boolean())
  .map(
    ([id, piece, state, disk, hasSlot]): Change =>
      (table, step) => {
        const known = table.find(idOf(id));
        const slot = hasSlot ? step * 10 : undefined;
        if (known !== undefined)
          table.setPiece(known, piece, { state, diskId: diskOf(disk), slot });
      },
  );

test('assets are counted as a look at every piece would count them, whatever changes', () => {
  const readable = new Set([0, 2, 4].map(diskOf));
  fc.assert(
    fc.property(fc.array(fc.oneof(addition, removal, loss, setting)), (changes) => {
      const table = new GroupTable();
      for (const [step, change] of changes.entries()) change(table, step);
      const held = [...table.numbers()].flatMap((number) =>
        [0, 1, 2, 3]
          .filter((piece) => table.slotAt(number, piece) !== undefined)
          .map((piece) => ({
            isLost: table.stateAt(number, piece) === 'lost',
            diskId: table.diskAt(number, piece) as DiskId,
          })),
      );
      const unread = held.filter(({ isLost, diskId }) => isLost || !readable.has(diskId)).length;
      expect(table.countAssets(readable)).toEqual({ held: held.length, unread });
    }),
  );
});

test('after any comings and goings it says what a plain map says', () => {
  const steps = fc.array(fc.record({ id: fc.nat(40), k: fc.integer({ min: 1, max: 5 }) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (changes) => {
      const table = new GroupTable();
      const model = new Map<number, { k: number; firstSlot: number }>();
      for (const [step, { id, k }] of changes.entries()) {
        const known = table.find(idOf(id));
        expect(known !== undefined).toBe(model.has(id));
        if (known !== undefined) table.remove(known);
        if (model.delete(id)) continue;
        const firstSlot = step * 10;
        table.add(groupOf(id, firstSlot, { k, m: 1 }));
        model.set(id, { k, firstSlot });
      }
      expect(table.size).toBe(model.size);
      for (const [id, { k, firstSlot }] of model) {
        const group = table.find(idOf(id));
        for (let column = 0; column < k; column += 1)
          expect(table.pieceOf(firstSlot + column)).toEqual({ group, piece: column });
      }
      const ids = [...table.numbers()].map((group) => table.groupIdAt(group));
      expect(ids.sort()).toEqual([...model.keys()].map(idOf).sort());
    }),
    { numRuns: 50 },
  );
});
