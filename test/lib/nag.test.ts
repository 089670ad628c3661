import { beforeAll, expect, jest, test } from '@jest/globals';
import { outsideJest } from '../outside-jest/call.ts';
import { exampleConfig } from './example-config.ts';
import { ACCEPTED } from './nag-accepted.ts';
import type { Finding } from './nag-findings.ts';
import { turnEverythingOn } from './switches.ts';

const { findingsIn } = outsideJest<typeof import('./nag-findings.ts')>(
  import.meta.resolve('./nag-findings.ts'),
);

jest.setTimeout(60_000);

let findings: Finding[];

beforeAll(async () => {
  const configs = [exampleConfig(), exampleConfig(turnEverythingOn)];
  findings = (await Promise.all(configs.map((config) => findingsIn(config)))).flat();
});

const isAcceptedBy = ({ rule, path }: Finding, row: (typeof ACCEPTED)[number]) =>
  row.rule.test(rule) && row.path.test(path);

test('AwsSolutions finds nothing that is not accepted with a reason', () => {
  const left = findings.filter((finding) => !ACCEPTED.some((row) => isAcceptedBy(finding, row)));
  expect(left.map(({ rule, path }) => `${rule} ${path}`)).toEqual([]);
});

test('nothing is accepted that is not found any more', () => {
  const unused = ACCEPTED.filter((row) => !findings.some((finding) => isAcceptedBy(finding, row)));
  expect(unused).toEqual([]);
});
