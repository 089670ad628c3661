/** The header of a message, a line at a time and in order. Names in lower case. */
export type FieldLines = readonly FieldLine[];
export type FieldLine = readonly [name: string, value: string];

/** Fields that are about one connection, and end with it. Source: RFC 9110 §7.6.1, RFC 9111 §3.1. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** From a list that goes name, value, name, value, … HTTP/2's pseudo-fields are no fields. */
export function fieldLines(raw: readonly string[]): FieldLine[] {
  const lines: FieldLine[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    if (!name.startsWith(':')) lines.push([name, (raw[index + 1] ?? '').trim()]);
  }
  return lines;
}

/** A field's whole value: several lines of it are one list. Source: RFC 9110 §5.3. */
export function fieldValue(lines: FieldLines, name: string): string | undefined {
  const values = lines.flatMap(([own, value]) => (own === name ? [value] : []));
  return values.length === 0 ? undefined : values.join(', ');
}

/** What may be stored and passed on: neither hop-by-hop fields, nor those that `Connection` lists. */
export function endToEnd(lines: FieldLines): FieldLine[] {
  const listed = (fieldValue(lines, 'connection') ?? '').split(',');
  const dropped = new Set(listed.map((name) => name.trim().toLowerCase()));
  return lines.filter(([name]) => !HOP_BY_HOP.has(name) && !dropped.has(name));
}

/** The members of a list, with commas inside quotes respected; empty ones are left out. Source: RFC 9110 §5.6.1. */
export function listMembers(value: string): string[] {
  const members = value.match(/(?:"(?:[^"\\]|\\.)*"?|[^,"])+/g) ?? [];
  return members.map((member) => member.trim()).filter((member) => member !== '');
}
