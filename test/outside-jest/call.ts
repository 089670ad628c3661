import { connect } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Call {
  /** URL of the module. */
  readonly module: string;
  /** What it exports. */
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Answer = { readonly result?: unknown } | { readonly error: string };

/** Functions by name, with what they take and give as JSON carries it. */
type Functions<Module> = {
  // biome-ignore lint/suspicious/noExplicitAny: any function at all.
  readonly [Name in keyof Module as Module[Name] extends (...args: any[]) => any ? Name : never]: (
    ...args: Module[Name] extends (...args: infer Args) => unknown ? Args : never
  ) => Promise<Module[Name] extends (...args: never[]) => infer Result ? Awaited<Result> : never>;
};

/**
 * The functions of a module, run in the one process beside Jest that all test files share. Jest loads every module anew
 * for every test file, which for `aws-cdk-lib` takes 4 s, and bundles of functions as much again.
 *
 *     const { synthesize } = outsideJest<typeof import('./synthesize.ts')>(import.meta.resolve('./synthesize.ts'));
 */
export function outsideJest<Module>(module: string): Functions<Module> {
  return new Proxy({} as Functions<Module>, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        call({ module, name: String(name), args }),
  });
}

async function call(what: Call): Promise<unknown> {
  const path = process.env.OUTSIDE_JEST;
  if (!path) throw new Error('nothing runs beside Jest: this project has no global-setup.ts');
  const answer = (await json(connect(path).end(JSON.stringify(what)))) as Answer;
  if ('error' in answer) throw new Error(answer.error);
  return answer.result;
}
