import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { buildApp } from '../../lib/app.ts';
import type { Config } from '../../lib/config/schema.ts';
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

let findings: Finding[];

beforeAll(() => {
  findings = [exampleConfig(), exampleConfig(turnEverythingOn)].flatMap(findingsIn);
});

function findingsIn(config: Config): Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'distributary-nag-'));
  // The report in the folder says what the validation says on the console.
  const silent = jest.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const app = buildApp(config, { outdir: folder });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    synthesize(app);
    const report = readFileSync(join(folder, 'validation-report.json'), 'utf8');
    const { pluginReports }: Report = JSON.parse(report);
    return pluginReports
      .filter(({ pluginName }) => pluginName === 'AwsSolutions')
      .flatMap(({ violations }) => violations)
      .flatMap(({ ruleName: rule, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath: path }) => ({ rule, path })),
      );
  } finally {
    silent.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Findings make it throw, once the report is written. */
function synthesize(app: App): void {
  try {
    app.synth();
  } catch (thrown) {
    if ((thrown as Error).name !== 'ValidationFailed') throw thrown;
  }
}

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
