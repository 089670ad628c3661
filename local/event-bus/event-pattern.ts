import { CdnError } from '#domain/errors.ts';

/** Decides whether an event matches. */
export type EventMatcher = (event: unknown) => boolean;

type Values = readonly unknown[];

/**
 * Compiles an EventBridge pattern: every field named must hold one of the values listed, or pass one of the filters
 * `prefix`, `suffix`, `exists`. Fields are nested as events are; a field that is a list matches by any member.
 * Source: Amazon EventBridge User Guide, "Creating event patterns".
 * @throws CdnError `start-failed` for a filter that is not known here: better than an event that never comes.
 */
export function compilePattern(pattern: Readonly<Record<string, unknown>>): EventMatcher {
  const fields = Object.entries(pattern).map(([name, expected]) => {
    const matches = Array.isArray(expected)
      ? anyOf(expected)
      : compilePattern(expected as Record<string, unknown>);
    return { name, matches };
  });
  return (event) => fields.every(({ name, matches }) => matches(fieldOf(event, name)));
}

function anyOf(expected: Values): EventMatcher {
  const filters = expected.map(compileFilter);
  return (found) => filters.some((filter) => filter(found));
}

function compileFilter(expected: unknown): EventMatcher {
  if (typeof expected !== 'object' || expected === null)
    return anyMember((found) => found === expected);
  const [[kind, operand] = ['', undefined], ...others] = Object.entries(expected);
  if (others.length === 0) {
    if (kind === 'prefix' && typeof operand === 'string')
      return anyMember((found) => String(found).startsWith(operand));
    if (kind === 'suffix' && typeof operand === 'string')
      return anyMember((found) => String(found).endsWith(operand));
    if (kind === 'exists') return (found) => (found !== undefined) === operand;
  }
  throw new CdnError(
    'start-failed',
    `the local event bus does not know the filter ${JSON.stringify(expected)}`,
  );
}

const anyMember =
  (matches: EventMatcher): EventMatcher =>
  (found) =>
    Array.isArray(found) ? found.some(matches) : found !== undefined && matches(found);

const fieldOf = (event: unknown, name: string): unknown =>
  typeof event === 'object' && event !== null
    ? (event as Record<string, unknown>)[name]
    : undefined;
