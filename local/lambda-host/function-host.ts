import type { Stack } from '../cloud-assembly/assembly.ts';
import { functionDefinition } from '../cloud-assembly/lambda-functions.ts';
import type { Log } from '../ground/log-folder.ts';
import { LambdaFunction } from './lambda-function.ts';

/** A function by its place in the templates. */
export interface FunctionReference {
  readonly stack: Stack;
  readonly functionId: string;
}

export interface FunctionHostOptions {
  readonly logger: (functionName: string) => Log;
  /** Set for every function, over the template's own variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The Lambda functions that routes and rules lead to. */
export class FunctionHost {
  readonly #options: FunctionHostOptions;
  readonly #functionById = new Map<string, LambdaFunction>();

  constructor(options: FunctionHostOptions) {
    this.#options = options;
  }

  /** Loads the functions before the first request comes, and returns how many there are. */
  load(references: readonly FunctionReference[]): number {
    for (const reference of references) this.#function(reference).warm();
    return this.#functionById.size;
  }

  invoke(reference: FunctionReference, event: unknown): Promise<unknown> {
    return this.#function(reference).invoke(event);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#functionById.values()].map((one) => one.stop()));
  }

  #function({ stack, functionId }: FunctionReference): LambdaFunction {
    const id = `${stack.stackName}/${functionId}`;
    const known = this.#functionById.get(id);
    if (known) return known;
    const definition = functionDefinition(stack, functionId);
    const { logger, variables } = this.#options;
    const created = new LambdaFunction(definition, variables, logger(definition.functionName));
    this.#functionById.set(id, created);
    return created;
  }
}
