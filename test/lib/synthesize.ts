import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../lib/app.ts';
import type { Config } from '../../lib/config/schema.ts';

/** A synthesized stack. */
export interface StackFile {
  /** Of the stack, without the prefix. */
  readonly id: string;
  readonly region: string;
  /** Its template, in the folder. */
  readonly file: string;
}

export interface Synthesis {
  readonly folder: string;
  readonly stacks: readonly StackFile[];
}

/** What this process has synthesized, by the configuration. */
const made = new Map<string, Synthesis>();

/** Synthesizes a configuration, once however often it is asked for. The folder goes when the process does. */
export function synthesize(config: Config): Synthesis {
  const key = JSON.stringify(config);
  const synthesis = made.get(key) ?? synthesizeNow(config);
  made.set(key, synthesis);
  return synthesis;
}

function synthesizeNow(config: Config): Synthesis {
  const folder = mkdtempSync(join(tmpdir(), 'distributary-synth-'));
  const { stacks } = buildApp(config, { outdir: folder }).synth();
  return {
    folder,
    stacks: stacks.map(({ id, environment, templateFile }) => ({
      id: id.slice(config.prefix.length + 1),
      region: environment.region,
      file: templateFile,
    })),
  };
}
