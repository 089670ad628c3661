import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { EVICTION_POLICIES } from '#domain/eviction/policy.ts';
import { parseAgentConfig } from '../../../oca-agent/config/agent-config.ts';

let page: string;
beforeAll(async () => {
  page = await readFile(new URL('../../../docs/install.md', import.meta.url), 'utf8');
});

test('the example in docs/install.md is a good configuration', () => {
  const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(parseAgentConfig(example)).toMatchObject({ ocaId: 'metro-1', tokens: 'required' });
});

test('docs/install.md explains every field', () => {
  const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const config = parseAgentConfig(example);
  const optional = [
    'controlCaFile',
    'publicAddresses',
    'egressBitsPerSecondMax',
    '`delivery.tls.certificateFile`, `.keyFile`',
    'fillBitsPerSecond',
    'servingTree',
    'diskHealthFile',
    'parity.dataFiles',
    'parity.parityFiles',
    ...EVICTION_POLICIES.map((policy) => `\`${policy}\``),
  ];
  const table = page.slice(page.indexOf('| field |'), page.indexOf('## Operate'));
  const fields = [
    ...[config, config.delivery, config.management, config.disks[0] ?? {}],
    config.eviction,
  ].flatMap(Object.keys);
  for (const field of [...fields, ...optional])
    expect([field, table.includes(field)]).toEqual([field, true]);
});
