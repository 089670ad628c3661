import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { exampleConfig } from '../lib/example-config.ts';
import { Synthesized } from '../lib/synthesized.ts';

/** Where the messages of all alarms point, and the names of budgets, whose messages are AWS's own. */
let linked: string[];

beforeAll(async () => {
  const config = exampleConfig((raw) => {
    raw.domain.dnssec = true;
  });
  const synthesized = await Synthesized.of(config);
  linked = synthesized.stacks
    .flatMap((stack) => synthesized.all(stack))
    .flatMap(({ Properties: { AlarmDescription, Budget } = {} }) => [
      ...(AlarmDescription
        ? [AlarmDescription.replace(/^.* Runbook: docs\/runbook\.md#/, '')]
        : []),
      ...(Budget ? [Budget.BudgetName.replace(`${config.prefix}-`, '')] : []),
    ]);
});

test('every alarm’s link leads to a heading that says how to investigate and how to resolve, and no heading is left over', async () => {
  const page = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const [, alarms = ''] = page.split(/^## Alarms$/m);
  const sections = alarms.split(/^### /m).slice(1);
  expect(sections.map((section) => section.split('\n', 1)[0]).toSorted()).toEqual(
    [...new Set(linked)].toSorted(),
  );
  for (const section of sections) {
    expect(section).toContain('**Investigate:**');
    expect(section).toContain('**Resolve:**');
  }
});
