import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OcaId, SiteId } from '#domain/ids.ts';
import {
  type AddressedOca,
  type AddressRecord,
  type RecordChange,
  recordChanges,
  wantedRecords,
} from '#domain/steering/oca-records.ts';

const DOMAIN = 'oca.example.com';
const oca = (id: string, addresses?: { ipv4?: string; ipv6?: string }): AddressedOca => ({
  ocaId: id as OcaId,
  siteId: 'metro' as SiteId,
  ...(addresses && { addresses }),
});
const wanted = (...ocas: AddressedOca[]) => wantedRecords(ocas, DOMAIN).records;
const told = (changes: RecordChange[]) =>
  changes.map(
    ({ action, record }) => `${action} ${record.name} ${record.type} ${record.addresses}`,
  );

test('an address that the public cannot reach is refused, and nothing of its OCA is recorded', () => {
  for (const addresses of [
    { ipv4: '10.0.0.7' },
    { ipv4: '100.64.1.1', ipv6: '2001:db8::7' },
    { ipv4: '203.0.113.7', ipv6: 'fd00::7' },
    { ipv6: '::ffff:203.0.113.7' },
    { ipv4: 'metro-1.example.com' },
  ]) {
    const { records, refused } = wantedRecords([oca('metro-1', addresses)], DOMAIN);
    expect([records, refused.map(({ ocaId }) => ocaId)]).toEqual([[], ['metro-1']]);
  }
});

test('an OCA without addresses has no records, one with both has two that live for a minute', () => {
  expect(wanted(oca('metro-1'), oca('metro-2', {}))).toEqual([]);
  expect(wanted(oca('metro-3', { ipv4: '203.0.113.3', ipv6: '2001:db8::3' }))).toEqual([
    {
      name: 'metro-3.metro.oca.example.com',
      type: 'A',
      ttlSeconds: 60,
      addresses: ['203.0.113.3'],
    },
    {
      name: 'metro-3.metro.oca.example.com',
      type: 'AAAA',
      ttlSeconds: 60,
      addresses: ['2001:db8::3'],
    },
  ]);
});

test('what is there already is left alone, however its address is spelled', () => {
  const records = wanted(oca('metro-1', { ipv6: '2001:DB8:0:0::7' }));
  const existing = wanted(oca('metro-1', { ipv6: '2001:db8::7' }));
  expect(recordChanges(existing, records)).toEqual([]);
});

test('a new address replaces the old one, a family that is gone is deleted, and so is an OCA', () => {
  const existing = wanted(
    oca('metro-1', { ipv4: '203.0.113.1', ipv6: '2001:db8::1' }),
    oca('metro-2', { ipv4: '203.0.113.2' }),
  );
  expect(told(recordChanges(existing, wanted(oca('metro-1', { ipv4: '203.0.113.9' }))))).toEqual([
    'DELETE metro-1.metro.oca.example.com AAAA 2001:db8::1',
    'DELETE metro-2.metro.oca.example.com A 203.0.113.2',
    'UPSERT metro-1.metro.oca.example.com A 203.0.113.9',
  ]);
});

test('a record that lives too long, or has an address too many, is put right', () => {
  const [record] = wanted(oca('metro-1', { ipv4: '203.0.113.1' })) as [AddressRecord];
  for (const existing of [
    { ...record, ttlSeconds: 300 },
    { ...record, addresses: ['203.0.113.1', '203.0.113.2'] },
  ]) {
    expect(told(recordChanges([existing], [record]))).toHaveLength(1);
  }
});

test('whatever there was, the changes make what is wanted, and then there is nothing to change', () => {
  const anyFleet = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      ipv4: fc.option(fc.constantFrom('203.0.113.1', '203.0.113.2'), { nil: undefined }),
      ipv6: fc.option(fc.constantFrom('2001:db8::1', '2001:db8::2'), { nil: undefined }),
    }),
    { selector: ({ id }) => id },
  );
  fc.assert(
    fc.property(anyFleet, anyFleet, (before, after) => {
      const recordsOf = (fleet: typeof before) =>
        wantedRecords(
          fleet.map(({ id, ...addresses }) => ({ ...oca(id), addresses })),
          DOMAIN,
        ).records;
      const key = ({ name, type }: AddressRecord) => `${name} ${type}`;
      const zone = new Map(recordsOf(before).map((record) => [key(record), record]));
      for (const { action, record } of recordChanges([...zone.values()], recordsOf(after))) {
        if (action === 'DELETE') expect(zone.delete(key(record))).toBe(true);
        else zone.set(key(record), record);
      }
      expect(recordChanges([...zone.values()], recordsOf(after))).toEqual([]);
      expect([...zone.keys()].toSorted()).toEqual(recordsOf(after).map(key).toSorted());
    }),
    { seed: 20261123 },
  );
});
