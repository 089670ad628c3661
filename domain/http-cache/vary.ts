import { type FieldLines, fieldValue, listMembers } from './field-lines.ts';

/** The request fields that a response was chosen by, sorted; `*`: by more than its request says. Source: RFC 9110 §12.5.5. */
export function varyNames(fields: FieldLines): readonly string[] | '*' {
  const members = listMembers(fieldValue(fields, 'vary') ?? '');
  if (members.includes('*')) return '*';
  return [...new Set(members.map((name) => name.toLowerCase()))].sort();
}

/** What a request says in some fields: equal for requests that get the same variant. Source: RFC 9111 §4.1. */
export const variantKey = (names: readonly string[], request: FieldLines): string =>
  JSON.stringify(names.map((name) => fieldValue(request, name) ?? null));
