import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** One test of the suite, as far as we look at it. */
export interface CacheTest {
  readonly id: string;
  readonly name: string;
  readonly kind?: 'required' | 'optimal' | 'check';
  /** For browsers' own caches: the suite's client leaves it out when it tests a cache between. */
  readonly browser_only?: boolean;
  readonly depends_on?: readonly string[];
}

/** True, or the kind of failure and its message. */
export type Results = Readonly<Record<string, true | readonly [kind: string, message: string]>>;

export type SuiteHandler = (
  segments: string[],
  request: IncomingMessage,
  response: ServerResponse,
) => void;

/**
 * The suite: that of the npm package, or of the folder that `HTTP_CACHE_TESTS` names, e.g. a clone of the repository, whose
 * programs lie in a folder of their own.
 */
export class CacheTests {
  readonly folder: string;
  readonly #programs: string;

  constructor() {
    const require = createRequire(import.meta.url);
    const installed = () => dirname(require.resolve('http-cache-tests/package.json'));
    this.folder = process.env.HTTP_CACHE_TESTS ?? installed();
    const separate = join(this.folder, 'test-engine');
    this.#programs = existsSync(separate) ? separate : this.folder;
  }

  /** Those for a shared cache. */
  async tests(): Promise<CacheTest[]> {
    const module = await this.#import(join(this.folder, 'tests', 'index.mjs'));
    const groups = module.default as { readonly tests: readonly CacheTest[] }[];
    return groups.flatMap(({ tests }) => tests).filter(({ browser_only }) => !browser_only);
  }

  /** What the suite's own server does with `/config`, `/state` and `/test`. */
  async handler(name: 'config' | 'state' | 'test'): Promise<SuiteHandler> {
    const module = await this.#import(join(this.#programs, 'server', `handle-${name}.mjs`));
    return module.default as SuiteHandler;
  }

  /** Runs the suite's own client against a server. */
  async run(baseUrl: string): Promise<Results> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-warnings', join(this.#programs, 'cli.mjs')],
      {
        cwd: this.folder,
        env: {
          ...process.env,
          npm_config_base: baseUrl,
          npm_config_id: '',
          npm_package_config_id: '',
        },
        maxBuffer: 2 ** 24,
      },
    );
    return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Results;
  }

  #import(path: string): Promise<Record<string, unknown>> {
    return import(pathToFileURL(path).href);
  }
}

export const isRequired = ({ kind }: CacheTest): boolean => (kind ?? 'required') === 'required';

/** Passed, and so did what the test rests on. */
export function hasPassed(test: CacheTest, tests: readonly CacheTest[], results: Results): boolean {
  if (results[test.id] !== true) return false;
  const bases = tests.filter(({ id }) => test.depends_on?.includes(id));
  return bases.every((base) => hasPassed(base, tests, results));
}
