import { readFileSync } from 'node:fs';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { exampleConfig } from '../lib/example-config.ts';
import { turnEverythingOn } from '../lib/switches.ts';
import { type Resource, Synthesized } from '../lib/synthesized.ts';

jest.setTimeout(60_000);

/** Section 2 of the page is about these; they exist only with `domain.dnssec`. */
const OF_DNSSEC = ['AWS::KMS::Key', 'AWS::Route53::KeySigningKey', 'AWS::Route53::DNSSEC'];

const page = readFileSync(new URL('../../docs/uninstall.md', import.meta.url), 'utf8');
let synthesized: Synthesized;
let retained: Resource[];

beforeAll(async () => {
  synthesized = await Synthesized.of(exampleConfig(turnEverythingOn));
  retained = synthesized.stacks
    .flatMap((stack) => synthesized.all(stack))
    .filter(({ DeletionPolicy = 'Delete' }) => DeletionPolicy !== 'Delete');
});

/** Names in the page's table of what stays, each with what it matches. */
const rows = [...page.matchAll(/^\| [^|]+ \| `([^`]+)` \|/gm)].map(([, name = '']) => ({
  name,
  pattern: new RegExp(
    `^${name.replaceAll('<prefix>', 'distributary').replace('<account>', '\\d{12}').replace('<region>', '[a-z]{2}-[a-z]+-\\d').replace('…', '.*')}$`,
  ),
}));

const nameOf = ({ Properties, logicalId, Type }: Resource): string =>
  Properties.BucketName ??
  Properties.TableName ??
  Properties.Name ??
  (Type.startsWith('AWS::Lambda::') ? `distributary-edge-${logicalId}` : logicalId);

test('docs/uninstall.md names all that cdk destroy keeps', () => {
  const unnamed = retained.filter(
    (resource) =>
      !OF_DNSSEC.includes(resource.Type) &&
      !rows.some(({ pattern }) => pattern.test(nameOf(resource))),
  );
  expect(unnamed.map(({ Type, logicalId }) => `${logicalId}: ${Type}`)).toEqual([]);
});

test('docs/uninstall.md names nothing that is not kept', () => {
  const names = retained.map(nameOf);
  expect(rows.filter(({ pattern }) => !names.some((name) => pattern.test(name)))).toEqual([]);
  const kept = new Set(retained.map(({ Type }) => Type));
  expect(OF_DNSSEC.filter((type) => !kept.has(type))).toEqual([]);
});
