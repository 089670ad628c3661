import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { CdnError } from '#domain/errors.ts';
import type { FunctionDefinition } from '../cloud-assembly/lambda-functions.ts';
import type { Log } from '../ground/log-folder.ts';

/** What a worker is told at its start. */
export interface WorkerStart {
  readonly codeFolder: string;
  readonly handler: string;
  readonly functionName: string;
}

export interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly deadlineAt: number;
}

export type Answer = { id: string; result: string } | { id: string; failure: string };

interface Pending {
  resolve(result: unknown): void;
  reject(error: CdnError): void;
}

/** One worker thread and what it has not answered yet. */
interface Environment {
  readonly worker: Worker;
  readonly pendingById: Map<string, Pending>;
}

/** A Lambda function on this machine: its own bundle, in a thread with its own environment variables. */
export class LambdaFunction {
  readonly #definition: FunctionDefinition;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #log: Log;
  #current: Environment | undefined;
  readonly #environments = new Set<Environment>();

  /** `variables` go over those of the definition: endpoints, credentials, and the URLs that differ on one machine. */
  constructor(
    definition: FunctionDefinition,
    variables: Readonly<Record<string, string>>,
    log: Log,
  ) {
    this.#definition = definition;
    this.#variables = variables;
    this.#log = log;
  }

  /** Starts the thread before the first invocation needs it. */
  warm(): void {
    this.#current ??= this.#start();
  }

  /**
   * The handler's result after a journey through JSON.
   * @throws CdnError `upstream-timeout`, or `internal` when the handler threw or its thread died.
   */
  async invoke(event: unknown): Promise<unknown> {
    this.#current ??= this.#start();
    const environment = this.#current;
    const timeoutMs = this.#definition.timeoutSeconds * 1000;
    const id = randomUUID();
    const answer = Promise.withResolvers<unknown>();
    environment.pendingById.set(id, answer);
    const timer = setTimeout(() => this.#timeOut(environment, id), timeoutMs);
    const invocation: Invocation = { id, event, deadlineAt: Date.now() + timeoutMs };
    environment.worker.postMessage(invocation);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      environment.pendingById.delete(id);
      if (environment !== this.#current && environment.pendingById.size === 0)
        await environment.worker.terminate();
    }
  }

  async stop(): Promise<void> {
    this.#current = undefined;
    await Promise.all([...this.#environments].map(({ worker }) => worker.terminate()));
  }

  #start(): Environment {
    const { codeFolder, handler, functionName } = this.#definition;
    const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
      workerData: { codeFolder, handler, functionName } satisfies WorkerStart,
      env: this.#environmentVariables(),
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdout: true,
      stderr: true,
    });
    const environment: Environment = { worker, pendingById: new Map() };
    this.#environments.add(environment);
    worker.on('message', (answer: Answer) => this.#settle(environment, answer));
    worker.on('error', (error) =>
      this.#log('function.crashed', { functionName, error: error.stack ?? error.message }),
    );
    worker.on('exit', () => this.#bury(environment));
    for (const stream of [worker.stdout, worker.stderr])
      stream.on('data', (text: Buffer) =>
        this.#log('function.output', { functionName, text: text.toString().trimEnd() }),
      );
    return environment;
  }

  /** What Lambda's runtime would set, then the template's own, then what differs on one machine. */
  #environmentVariables(): Record<string, string> {
    return {
      AWS_REGION: this.#definition.awsRegion,
      AWS_LAMBDA_FUNCTION_NAME: this.#definition.functionName,
      ...this.#definition.environment,
      ...this.#variables,
    };
  }

  #settle(environment: Environment, answer: Answer): void {
    const pending = environment.pendingById.get(answer.id);
    if ('result' in answer) {
      pending?.resolve(JSON.parse(answer.result));
      return;
    }
    const { functionName } = this.#definition;
    this.#log('function.failed', { functionName, failure: answer.failure });
    pending?.reject(new CdnError('internal', `the function ${functionName} failed`));
  }

  /** As Lambda does: the invocation ends, and so does its environment; others in it may finish. */
  #timeOut(environment: Environment, id: string): void {
    const { functionName, timeoutSeconds } = this.#definition;
    if (this.#current === environment) this.#current = undefined;
    this.#log('function.timed-out', { functionName, timeoutSeconds });
    environment.pendingById
      .get(id)
      ?.reject(
        new CdnError(
          'upstream-timeout',
          `${functionName} did not answer within ${timeoutSeconds} s`,
        ),
      );
  }

  #bury(environment: Environment): void {
    this.#environments.delete(environment);
    if (this.#current === environment) this.#current = undefined;
    for (const pending of environment.pendingById.values())
      pending.reject(
        new CdnError('internal', `the function ${this.#definition.functionName} died`),
      );
  }
}
