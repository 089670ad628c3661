import { StatesError } from './states-error.ts';

/** What paths look into: `$` is the state's input or result, `$$` the context of the execution. */
export interface Scope {
  readonly data: unknown;
  readonly context: unknown;
}

/** The value at `$.a.b` or `$$.a.b`. @throws StatesError `States.ParameterPathFailure` when there is none. */
export function valueAt(path: string, { data, context }: Scope): unknown {
  const [root, ...names] = path.split('.');
  const value = names.reduce<unknown>(
    (parent, name) =>
      typeof parent === 'object' && parent !== null && Object.hasOwn(parent, name)
        ? (parent as Record<string, unknown>)[name]
        : undefined,
    root === '$$' ? context : data,
  );
  if (value === undefined)
    throw new StatesError('States.ParameterPathFailure', `there is nothing at ${path}`);
  return value;
}

/** The template with a value in place of each path: `{"a.$": "$.b"}` becomes `{"a": …}`. */
export function fillIn(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) return template.map((member) => fillIn(member, scope));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, member]) =>
      key.endsWith('.$')
        ? [key.slice(0, -2), valueAt(String(member), scope)]
        : [key, fillIn(member, scope)],
    ),
  );
}

/** Fills in a template whose values must all be text, as the parameters of a call to S3 are. */
export function textParameters(template: object, scope: Scope): Record<string, string> {
  const filled = fillIn(template, scope) as Record<string, unknown>;
  for (const [name, value] of Object.entries(filled)) {
    if (typeof value !== 'string')
      throw new StatesError('States.Runtime', `${name} must be text, found ${typeof value}`);
  }
  return filled as Record<string, string>;
}
