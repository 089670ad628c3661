import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { buildApp } from '../../lib/app.ts';
import { exampleConfig } from '../lib/example-config.ts';
import { turnEverythingOn } from '../lib/switches.ts';
import { findExecutable } from './find-executable.ts';

jest.setTimeout(240_000);

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'distributary-lint-'));
let filesByRegion: Map<string, string[]>;

beforeAll(() => {
  const { stacks } = buildApp(exampleConfig(turnEverythingOn), { outdir: folder }).synth();
  const byRegion = Map.groupBy(stacks, ({ environment }) => environment.region);
  filesByRegion = new Map(
    [...byRegion].map(([region, ofRegion]) => [
      region,
      ofRegion.map(({ templateFile }) => join(folder, templateFile)),
    ]),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Finding {
  readonly Filename: string;
  readonly Rule: { readonly Id: string };
  readonly Message: string;
}

test('cfn-lint finds nothing in any template, in the region that it is for', async () => {
  const findings: Finding[] = [];
  for (const [region, files] of filesByRegion) findings.push(...(await lint(region, files)));
  expect(
    findings.map(({ Filename, Rule, Message }) => `${Filename} ${Rule.Id} ${Message}`),
  ).toEqual([]);
});

/** What cfn-lint says of templates, by the rules of `.cfnlintrc`. It exits with another code than 0 when it says anything. */
async function lint(region: string, files: readonly string[]): Promise<Finding[]> {
  const executable = findExecutable('cfn-lint', process.env.CFN_LINT);
  const args = ['--regions', region, '--format', 'json', '--template', ...files];
  const { stdout } = await promisify(execFile)(executable, args, {
    cwd: REPOSITORY,
    maxBuffer: 2 ** 26,
  }).catch((failed: { stdout?: string }) => {
    if (failed.stdout) return { stdout: failed.stdout };
    throw failed;
  });
  return JSON.parse(stdout || '[]');
}
