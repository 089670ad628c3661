import { expect, test } from '@jest/globals';
import type { AssetId, DiskId, TitleId } from '#domain/ids.ts';
import { bytes, epochMs } from '#domain/units.ts';
import {
  chunkBytesAt,
  chunkCountOf,
  formatParityRecord,
  groupIdOf,
  type ParityRecord,
  parityNameOf,
  parseParityName,
  parseParityRecord,
} from '../../../../oca-agent/parity/groups/parity-record.ts';
import { chunkHashOf } from '../../../../oca-agent/store/chunk-hashes.ts';
import { sha256 } from '../../fixtures/bytes.ts';

const hash = chunkHashOf(Buffer.from('a chunk'));
const member = (column: number, sizeBytes: number) => ({
  column,
  assetId: sha256(Buffer.from([column])) as AssetId,
  diskId: `hdd-${column}` as DiskId,
  sizeBytes: bytes(sizeBytes),
  names: [
    {
      titleId: 'title-1' as TitleId,
      file: 'video.mp4',
      etag: '"e"',
      contentType: 'video/mp4',
      fetchedAt: epochMs(1),
    },
  ],
  chunkHashes: Array(chunkCountOf(sizeBytes)).fill(hash),
});
const members = [member(0, 10), member(2, 2_000_000)];
const shape = { dataFiles: 3, parityFiles: 2 };
const record: ParityRecord = {
  ...shape,
  groupId: groupIdOf(shape, members),
  row: 1,
  lengthBytes: bytes(2_000_000),
  members,
  rowChunkHashes: [hash, hash],
};

test('a record that was written is read again', () => {
  expect(parseParityRecord(formatParityRecord(record))).toEqual(record);
});

test.each([
  ['nothing', undefined],
  ['other text', 'x'],
  ['a newer version', formatParityRecord(record).replace('"version":1', '"version":2')],
  ['another group id', formatParityRecord({ ...record, groupId: groupIdOf(shape, []) })],
  ['a row beyond m', formatParityRecord({ ...record, row: 2 })],
  [
    'a length that is not the largest member’s',
    formatParityRecord({ ...record, lengthBytes: bytes(2_000_001) }),
  ],
  ['a hash too few', formatParityRecord({ ...record, rowChunkHashes: [hash] })],
  [
    'two members in a column',
    formatParityRecord({ ...record, members: [...members, member(0, 10)] }),
  ],
])('%s is no record', (_, content) => {
  expect(parseParityRecord(content)).toBeUndefined();
});

test('the id of a group follows from k, m and its members in their columns, not from where they lie', () => {
  const [one, other] = members as [(typeof members)[0], (typeof members)[0]];
  expect(groupIdOf(shape, [other, { ...one, diskId: 'elsewhere' as DiskId }])).toBe(record.groupId);
  expect(groupIdOf({ ...shape, dataFiles: 4 }, members)).not.toBe(record.groupId);
  expect(groupIdOf(shape, [one])).not.toBe(record.groupId);
  expect(groupIdOf(shape, [one, { ...other, column: 1 }])).not.toBe(record.groupId);
});

test('names of parity files are told from others', () => {
  const name = parityNameOf(record.groupId, 1);
  expect(parseParityName(name)).toEqual({ groupId: record.groupId, row: 1 });
  for (const other of [`${name}.json`, `${record.groupId}.8`, record.groupId, 'x.1'])
    expect(parseParityName(other)).toBeUndefined();
});

test('chunks end where the file does', () => {
  expect([0, 1, 2].map((index) => chunkBytesAt(2 ** 20 + 5, index))).toEqual([2 ** 20, 5, 0]);
  expect([0, 1, 2 ** 20, 2 ** 20 + 1].map(chunkCountOf)).toEqual([0, 1, 1, 2]);
});
