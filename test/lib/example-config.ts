import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../lib/config/load-config.ts';
import type { Config } from '../../lib/config/schema.ts';

const EXAMPLE = new URL('../../config/example.yaml', import.meta.url);

// biome-ignore lint/suspicious/noExplicitAny: a test changes the raw file at will, also into what the schema refuses.
export type RawConfig = any;

/** The example as plain data, changed by `edit`. */
export function rawExample(edit: (config: RawConfig) => void = () => {}): RawConfig {
  // Through JSON, so that what YAML's aliases share becomes each OCA's own.
  const config: RawConfig = JSON.parse(JSON.stringify(parse(readFileSync(EXAMPLE, 'utf8'))));
  edit(config);
  return config;
}

/** The example's configuration, changed by `edit`. */
export const exampleConfig = (edit?: (config: RawConfig) => void): Config =>
  parseConfig(stringify(rawExample(edit)));
