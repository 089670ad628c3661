import { parseDictionary } from 'structured-headers';
import type { CacheDirectives } from '#domain/http-cache/cache-control.ts';

/**
 * Reads `CDN-Cache-Control`, a structured dictionary. Undefined when it is empty or malformed: it is then as if it were not
 * there. An argument of another type than the directive's is one that cannot be read. Source: RFC 9213 §2.1, §3.
 */
export function targetedDirectives(field: string | undefined): CacheDirectives | undefined {
  if (field === undefined) return undefined;
  try {
    const directives = new Map<string, string | true>();
    for (const [name, [value]] of parseDictionary(field)) {
      if (value === false) continue;
      if (value === true) directives.set(name, true);
      else directives.set(name, Number.isInteger(value) ? String(value) : '');
    }
    return directives.size === 0 ? undefined : directives;
  } catch {
    return undefined;
  }
}
