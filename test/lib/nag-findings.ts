import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { buildApp } from '../../lib/app.ts';
import type { Config } from '../../lib/config/schema.ts';

export interface Finding {
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

/** What AwsSolutions finds in the stacks of a configuration. */
export function findingsIn(config: Config): Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'distributary-nag-'));
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
}

/** Findings make it throw, once the report is written, which says what it says on the console. */
function synthesize(app: App): void {
  const silent = mock.method(console, 'error', () => {});
  try {
    app.synth();
  } catch (thrown) {
    if ((thrown as Error).name !== 'ValidationFailed') throw thrown;
  } finally {
    silent.mock.restore();
  }
}
