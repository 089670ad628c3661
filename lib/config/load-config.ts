import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { CdnError } from '#domain/errors.ts';
import type { ConfigFault } from './faults.ts';
import { relations } from './relations.ts';
import { type Config, type ConfigKey, schema } from './schema.ts';

/** Reads a configuration file. @throws CdnError `config-invalid` that lists every fault in it, not only the first. */
export function loadConfig(file: string): Config {
  let yamlText: string;
  try {
    yamlText = readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new CdnError('config-invalid', `${file} cannot be read: ${reason}`, { cause });
  }
  return parseConfig(yamlText, file);
}

/** The configuration that `yamlText` writes down, frozen. `name` is what the error calls the text. */
export function parseConfig(yamlText: string, name = 'configuration'): Config {
  const document = parseDocument(yamlText, { prettyErrors: true });
  const yamlFaults = document.errors.map(({ message, linePos }) => ({
    path: `line ${linePos?.[0].line ?? 1}`,
    expected: 'YAML 1.2',
    found: message.split('\n', 1)[0] ?? message,
  }));
  const value: unknown = yamlFaults.length > 0 ? undefined : document.toJS();
  const faults = yamlFaults.length > 0 ? yamlFaults : configFaults(value);
  if (faults.length > 0) {
    const lines = faults.map(
      ({ path, expected, found }) => `\n  ${path}: expected ${expected}; found ${found}`,
    );
    throw new CdnError(
      'config-invalid',
      `${name} has ${faults.length} fault${faults.length === 1 ? '' : 's'}:${lines.join('')}`,
      { details: { faultCount: faults.length } },
    );
  }
  return deepFreeze(schema.parse(value));
}

/** Everything that is wrong with `value`: first fields by themselves, then what holds between them. */
export function configFaults(value: unknown): ConfigFault[] {
  const { error, data } = schema.safeParse(value);
  if (data) return relations.flatMap(({ faultsOf }) => faultsOf(data));
  return [...faultsIn(error, value), ...relationFaults(value)];
}

/** What a schema of ours found wrong with `value`. */
export const faultsIn = (error: z.ZodError, value: unknown): ConfigFault[] =>
  error.issues.flatMap((issue) => faultsOf(issue, value));

/** The relations among those top-level keys of a faulty configuration that are well formed themselves. */
function relationFaults(value: unknown): ConfigFault[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(schema.shape).flatMap(([key, field]) => {
    const { success, data } = field.safeParse((value as Record<string, unknown>)[key]);
    return success ? [[key, data] as const] : [];
  });
  const sound = Object.fromEntries(entries) as Config;
  return relations
    .filter(({ reads }) => reads.every((key: ConfigKey) => Object.hasOwn(sound, key)))
    .flatMap(({ faultsOf }) => faultsOf(sound));
}

function faultsOf(issue: z.core.$ZodIssue, root: unknown): ConfigFault[] {
  const paths =
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [...issue.path, key])
      : [issue.path];
  return paths.map((path) => ({
    path: pathText(path),
    expected: issue.message,
    found: foundText(path.reduce<unknown>(member, root)),
  }));
}

const member = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

const FOUND_LENGTH_MAX = 60;

function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= FOUND_LENGTH_MAX ? text : `${text.slice(0, FOUND_LENGTH_MAX)}…`;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
