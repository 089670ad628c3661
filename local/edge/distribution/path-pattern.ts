/**
 * Whether a cache behavior's path pattern matches a path: `*` stands for any characters, none included, `?` for exactly
 * one, and everything else for itself, case-sensitively. A pattern may leave its leading slash out.
 * Source: Amazon CloudFront Developer Guide, "Cache behavior settings", path pattern, read 2026-11.
 */
export function matchesPathPattern(pattern: string, path: string): boolean {
  const absolute = pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`;
  return isGlobMatch(absolute, path);
}

/** Linear in practice and never worse than pattern × path: one remembered `*`, no regular expression to blow up. */
function isGlobMatch(pattern: string, path: string): boolean {
  let [p, at, star, resume] = [0, 0, -1, 0];
  while (at < path.length) {
    if (pattern[p] === '*') {
      star = p;
      resume = at;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === path[at])) {
      p += 1;
      at += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      at = resume;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
