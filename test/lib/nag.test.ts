import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { buildApp } from '../../lib/app.ts';
import { exampleConfig } from './example-config.ts';
import { ACCEPTED } from './nag-accepted.ts';
import { turnEverythingOn } from './switches.ts';

jest.setTimeout(60_000);

interface Finding {
  readonly rule: string;
  readonly path: string;
}

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'distributary-nag-'));
let findings: Finding[];

beforeAll(() => {
  const silent = jest.spyOn(console, 'error').mockImplementation(() => {});
  const app = buildApp(exampleConfig(turnEverythingOn), { outdir: folder });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (thrown) {
    if ((thrown as Error).name !== 'ValidationFailed') throw thrown;
  }
  silent.mockRestore();
  const { pluginReports }: Report = JSON.parse(
    readFileSync(join(folder, 'validation-report.json'), 'utf8'),
  );
  findings = pluginReports
    .filter(({ pluginName }) => pluginName === 'AwsSolutions')
    .flatMap(({ violations }) => violations)
    .flatMap(({ ruleName: rule, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath: path }) => ({ rule, path })),
    );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isAcceptedBy = ({ rule, path }: Finding, row: (typeof ACCEPTED)[number]) =>
  row.rule.test(rule) && row.path.test(path);

test('AwsSolutions finds nothing that is not accepted with a reason', () => {
  const left = findings.filter((finding) => !ACCEPTED.some((row) => isAcceptedBy(finding, row)));
  expect(left).toEqual([]);
});

test('nothing is accepted that is not found any more', () => {
  const unused = ACCEPTED.filter((row) => !findings.some((finding) => isAcceptedBy(finding, row)));
  expect(unused).toEqual([]);
});
