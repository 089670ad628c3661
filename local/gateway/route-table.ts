import type { HttpRoute } from '../cloud-assembly/http-routes.ts';

export interface RouteMatch {
  readonly route: HttpRoute;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface CompiledRoute {
  readonly route: HttpRoute;
  readonly method: string;
  readonly segments: readonly string[];
}

/**
 * Finds the route of a request as API Gateway does: a literal segment before a parameter, a parameter before a greedy
 * one (`{proxy+}`), a named method before `ANY`. Source: API Gateway Developer Guide, "Routes for HTTP APIs".
 */
export class RouteTable {
  readonly #routes: readonly CompiledRoute[];

  constructor(routes: readonly HttpRoute[]) {
    this.#routes = routes
      .map(compile)
      .sort((left, right) => rankOf(left).localeCompare(rankOf(right)));
  }

  match(method: string, path: string): RouteMatch | undefined {
    return this.#matches(path).find(({ route }) => isMethod(methodOf(route), method));
  }

  /** Whether any method has a route at this path. */
  hasPath(path: string): boolean {
    return this.#matches(path).length > 0;
  }

  #matches(path: string): RouteMatch[] {
    const segments = path.split('/').slice(1);
    return this.#routes.flatMap((compiled) => {
      const pathParameters = parametersOf(compiled.segments, segments);
      return pathParameters ? [{ route: compiled.route, pathParameters }] : [];
    });
  }
}

const methodOf = (route: HttpRoute): string => route.routeKey.split(' ')[0] ?? '';
const isMethod = (declared: string, method: string) => declared === 'ANY' || declared === method;

function compile(route: HttpRoute): CompiledRoute {
  const [method = '', path = ''] = route.routeKey.split(' ');
  return { route, method, segments: path.split('/').slice(1) };
}

/** Sorts as text: per segment 0 literal, 1 parameter, 2 greedy; then 0 named method, 1 `ANY`. */
const rankOf = ({ segments, method }: CompiledRoute): string =>
  segments
    .map((segment) => (segment.endsWith('+}') ? '2' : segment.startsWith('{') ? '1' : '0'))
    .join('') + (method === 'ANY' ? '1' : '0');

function parametersOf(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const name = /^\{([^+}]+)(\+?)\}$/.exec(expected);
    const found = name?.[2] ? segments.slice(index).join('/') : segments[index];
    if (found === undefined || (name ? found === '' : found !== expected)) return undefined;
    if (name?.[1]) parameters[name[1]] = decoded(found);
    if (name?.[2]) return parameters;
  }
  return pattern.length === segments.length ? parameters : undefined;
}

/** Percent-decoded; text that cannot be decoded stays as it came. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
