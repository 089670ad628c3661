import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CdnError } from '#domain/errors.ts';
import type { Log } from '../../origin/program.ts';
import type { EdgeFunctionDefinition } from '../distribution/distribution.ts';
import { WORKER_SOURCE } from './worker-source.ts';

/** How many instances of a function there are at most; further events wait. Assumption: enough for one machine. */
const INSTANCES_MAX = 4;
/** Source: AWS Lambda Developer Guide, "Lambda execution environment lifecycle", init phase. */
const INIT_TIMEOUT_MS = 10_000;

type Message = { ready: true } | { result: string } | { failure: string };

interface Instance {
  readonly worker: Worker;
  /** The event that it is at work on. */
  settle: ((outcome: Message | Error) => void) | undefined;
}

/**
 * A Lambda@Edge function: its bundle as synthesized, in worker threads without any environment variable but those that
 * Lambda sets, within the template's memory and time. As in Lambda, an instance has one event at a time and is gone
 * when it takes too long or dies.
 */
export class EdgeFunction {
  readonly #definition: EdgeFunctionDefinition;
  readonly #log: Log;
  readonly #idle: Instance[] = [];
  readonly #instances = new Set<Instance>();
  readonly #waiting: ((instance: Instance | undefined) => void)[] = [];

  constructor(definition: EdgeFunctionDefinition, log: Log) {
    this.#definition = definition;
    this.#log = log;
  }

  /**
   * The handler's result.
   * @throws CdnError out-of-service when the function throws, dies or takes too long: CloudFront answers 503 then.
   */
  async invoke(event: unknown, requestId: string): Promise<unknown> {
    const instance = await this.#acquire();
    const timeoutMs = this.#definition.timeoutSeconds * 1000;
    const answered = this.#nextMessage(instance, timeoutMs);
    instance.worker.postMessage({ requestId, event, deadlineAt: Date.now() + timeoutMs });
    const outcome = await answered;
    this.#release(instance);
    if (!(outcome instanceof Error) && 'result' in outcome) return JSON.parse(outcome.result);
    const reason =
      outcome instanceof Error ? outcome.message : 'failure' in outcome && outcome.failure;
    const { functionName } = this.#definition;
    this.#log('edge.function.failed', { functionName, requestId, reason });
    throw new CdnError('out-of-service', `the edge function ${functionName} failed`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#instances].map(({ worker }) => worker.terminate()));
  }

  async #acquire(): Promise<Instance> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#instances.size < INSTANCES_MAX) return this.#start();
    const handedOver = await new Promise<Instance | undefined>((resolve) =>
      this.#waiting.push(resolve),
    );
    return handedOver ?? this.#acquire();
  }

  #release(instance: Instance): void {
    const isAlive = this.#instances.has(instance);
    const next = this.#waiting.shift();
    if (next) next(isAlive ? instance : undefined);
    else if (isAlive) this.#idle.push(instance);
  }

  async #start(): Promise<Instance> {
    const { functionName, handler, codeFolder, memoryMiB } = this.#definition;
    const [file = '', exportName = ''] = handler.split('.');
    const worker = new Worker(WORKER_SOURCE, {
      eval: true,
      workerData: { file: join(codeFolder, `${file}.js`), exportName, functionName },
      env: {
        AWS_REGION: 'us-east-1',
        AWS_LAMBDA_FUNCTION_NAME: `us-east-1.${functionName}`,
        AWS_LAMBDA_FUNCTION_VERSION: '1',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
      },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
      stdout: true,
      stderr: true,
    });
    const instance: Instance = { worker, settle: undefined };
    this.#instances.add(instance);
    this.#watch(instance);
    const outcome = await this.#nextMessage(instance, INIT_TIMEOUT_MS);
    if (!(outcome instanceof Error)) return instance;
    this.#log('edge.function.failed', { functionName, reason: outcome.message });
    this.#release(instance);
    throw new CdnError('out-of-service', `the edge function ${functionName} did not start`);
  }

  #watch(instance: Instance): void {
    const { worker } = instance;
    const settle = (outcome: Message | Error) => instance.settle?.(outcome);
    worker.on('message', settle);
    worker.on('error', settle);
    worker.on('exit', () => {
      this.#instances.delete(instance);
      const index = this.#idle.indexOf(instance);
      if (index >= 0) this.#idle.splice(index, 1);
      settle(new Error('the instance ended'));
    });
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.on('data', (text: Buffer) => {
        const { functionName } = this.#definition;
        this.#log('edge.function.output', { functionName, text: text.toString().trimEnd() });
      });
    }
  }

  /** What an instance says next; an error when it dies, or takes too long, which ends it. */
  #nextMessage(instance: Instance, timeoutMs: number): Promise<Message | Error> {
    const { promise, resolve } = Promise.withResolvers<Message | Error>();
    const timer = setTimeout(() => {
      this.#instances.delete(instance);
      void instance.worker.terminate();
      resolve(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    instance.settle = (outcome) => {
      if (outcome instanceof Error) this.#instances.delete(instance);
      clearTimeout(timer);
      resolve(outcome);
    };
    return promise;
  }
}
