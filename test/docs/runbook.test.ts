import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { buildApp } from '../../lib/app.ts';
import { exampleConfig } from '../lib/example-config.ts';

interface Template {
  readonly Resources?: Record<
    string,
    { readonly Type: string; readonly Properties?: { readonly AlarmName?: string } }
  >;
}

let alarmNames: string[];

beforeAll(() => {
  const config = exampleConfig();
  const { stacks } = buildApp(config).synth();
  alarmNames = stacks
    .flatMap((stack) => Object.values((stack.template as Template).Resources ?? {}))
    .filter((resource) => resource.Type === 'AWS::CloudWatch::Alarm')
    .map((resource) => (resource.Properties?.AlarmName ?? '').replace(`${config.prefix}-`, ''));
});

test('every alarm has a heading in docs/runbook.md that says how to investigate and how to resolve, and no heading is left over', async () => {
  const page = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const sections = page.split(/^### /m).slice(1);
  expect(sections.map((section) => section.split('\n', 1)[0]).toSorted()).toEqual(
    [...new Set(alarmNames)].toSorted(),
  );
  for (const section of sections) {
    expect(section).toContain('**Investigate:**');
    expect(section).toContain('**Resolve:**');
  }
});
