import { listMembers } from './field-lines.ts';

/**
 * Directives by name, in lower case: `true` without an argument, else the argument without its quotes. An argument that
 * is not well formed is '', which is no number.
 */
export type CacheDirectives = ReadonlyMap<string, string | true>;

/** About 68 years: what a cache takes for more than it can count. Source: RFC 9111 §1.2.2. */
export const DELTA_SECONDS_MAX = 2 ** 31;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/;

/**
 * Reads a `Cache-Control` field. Of a directive that is repeated the first one counts, and an argument never makes a
 * directive weaker than it is without. Source: RFC 9111 §4.2.1, §5.2.
 */
export function parseCacheControl(field: string | undefined): CacheDirectives {
  const directives = new Map<string, string | true>();
  for (const member of listMembers(field ?? '')) {
    const equals = member.indexOf('=');
    const name = (equals < 0 ? member : member.slice(0, equals)).toLowerCase();
    if (!TOKEN.test(name)) continue;
    const argument = equals < 0 ? true : argumentOf(member.slice(equals + 1));
    if (!directives.has(name) || argument === true) directives.set(name, argument);
  }
  return directives;
}

/** The seconds that a directive gives; undefined without the directive, 0 when they cannot be read. Source: RFC 9111 §4.2.1. */
export function secondsOf(directives: CacheDirectives, name: string): number | undefined {
  const argument = directives.get(name);
  if (argument === undefined) return undefined;
  if (argument === true || !/^\d+$/.test(argument)) return 0;
  return Math.min(Number(argument), DELTA_SECONDS_MAX);
}

function argumentOf(text: string): string {
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1');
  return TOKEN.test(text) ? text : '';
}
