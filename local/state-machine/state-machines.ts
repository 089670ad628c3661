import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { invariant } from '#domain/invariant.ts';
import type { StateMachineResource } from '../cloud-assembly/state-machine-resources.ts';
import type { Log } from '../ground/log-folder.ts';
import type { FunctionReference } from '../lambda-host/function-host.ts';
import { fillIn, type Scope, valueAt } from './data-flow.ts';
import { type Definition, functionNamesIn, parseDefinition, type TaskState } from './definition.ts';
import { type ItemCounts, runDistributedMap } from './distributed-map.ts';
import { runStates, type Services } from './run-states.ts';
import { asStatesError, StatesError } from './states-error.ts';

export interface StateMachinesOptions {
  readonly account: string;
  readonly resources: readonly StateMachineResource[];
  readonly invoke: (fn: FunctionReference, payload: unknown) => Promise<unknown>;
  readonly s3: S3Client;
  readonly log: Log;
}

interface Machine {
  readonly resource: StateMachineResource;
  readonly definition: Definition;
}

/** The state machines of the templates, run as Step Functions would. */
export class StateMachines {
  readonly #options: StateMachinesOptions;
  readonly #machineByKey: ReadonlyMap<string, Machine>;
  readonly #stopping = new AbortController();

  /** @throws CdnError `start-failed` for a definition with anything that is not run here. */
  constructor(options: StateMachinesOptions) {
    this.#options = options;
    this.#machineByKey = new Map(
      options.resources.map((resource) => {
        const definition = parseDefinition(resource.name, resource.definitionText);
        return [keyOf(resource), { resource, definition }] as const;
      }),
    );
  }

  /** The functions that the tasks call. */
  get functions(): FunctionReference[] {
    return [...this.#machineByKey.values()].flatMap(({ resource, definition }) =>
      functionNamesIn(definition.States).map((name) => functionNamed(resource, name)),
    );
  }

  /** Starts an execution, which goes on behind, and returns its name. */
  start(machine: Pick<StateMachineResource, 'stack' | 'stateMachineId'>, input: unknown): string {
    const found = this.#machineByKey.get(keyOf(machine));
    invariant(found, `${machine.stateMachineId} is a state machine of the templates`);
    const name = randomUUID();
    void this.#execute(found, name, input);
    return name;
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #execute({ resource, definition }: Machine, name: string, input: unknown): Promise<void> {
    const { log } = this.#options;
    const facts = { stateMachine: resource.name, execution: name };
    const startedAt = performance.now();
    try {
      await runStates(definition, input, this.#services(resource, definition, name));
      const tookMs = Math.round(performance.now() - startedAt);
      log('execution.succeeded', { ...facts, tookMs });
    } catch (thrown) {
      const { errorName, message } = asStatesError(thrown);
      if (!this.#stopping.signal.aborted)
        log('execution.failed', { ...facts, error: errorName, cause: message });
    }
  }

  #services(resource: StateMachineResource, definition: Definition, name: string): Services {
    const { s3, account } = this.#options;
    const countsByRun = new Map<string, ItemCounts>();
    const signal = AbortSignal.any([
      this.#stopping.signal,
      AbortSignal.timeout(definition.TimeoutSeconds * 1000),
    ]);
    const servicesOf = (executionName: string): Services => ({
      context: { Execution: { Name: executionName } },
      signal,
      runTask: (state, scope) => this.#runTask(resource, { state, scope, countsByRun }),
      runMap: async (state, scope) => {
        const arnPrefix = `arn:aws:states:${resource.stack.awsRegion}:${account}:mapRun:${resource.name}`;
        const run = await runDistributedMap(state, scope, {
          s3,
          arnPrefix,
          childServices: servicesOf,
        });
        countsByRun.set(run.mapRunArn, run.itemCounts);
        return run.output;
      },
    });
    return servicesOf(name);
  }

  async #runTask(
    resource: StateMachineResource,
    work: { state: TaskState; scope: Scope; countsByRun: ReadonlyMap<string, ItemCounts> },
  ): Promise<unknown> {
    const { state, scope, countsByRun } = work;
    if ('FunctionName' in state.Parameters) {
      const { FunctionName, Payload } = state.Parameters;
      const fn = functionNamed(resource, FunctionName);
      const result = await this.#options.invoke(fn, fillIn(Payload, scope));
      return { StatusCode: 200, Payload: result };
    }
    const MapRunArn = String(valueAt(state.Parameters['MapRunArn.$'], scope));
    const ItemCounts = countsByRun.get(MapRunArn);
    if (!ItemCounts) throw new StatesError('Sfn.ResourceNotFoundException', `no run ${MapRunArn}`);
    return { MapRunArn, ItemCounts };
  }
}

const keyOf = ({ stack, stateMachineId }: Pick<StateMachineResource, 'stack' | 'stateMachineId'>) =>
  `${stack.stackName}/${stateMachineId}`;

/** `FunctionName` is a placeholder that the template substitutes by the ARN of one of its functions. */
function functionNamed(resource: StateMachineResource, functionName: string): FunctionReference {
  const functionId = resource.functionIdByPlaceholder.get(functionName);
  invariant(functionId, `${functionName} in ${resource.name} stands for a function of its stack`);
  return { stack: resource.stack, functionId };
}
