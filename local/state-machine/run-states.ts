import { setTimeout as sleep } from 'node:timers/promises';
import { invariant } from '#domain/invariant.ts';
import { fillIn, type Scope, valueAt } from './data-flow.ts';
import type { ChoiceState, MapState, Retriers, State, TaskState } from './definition.ts';
import { asStatesError, covers, StatesError } from './states-error.ts';

/** States and where they begin: a state machine, or the item processor of its map. */
export interface Flow {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** What one execution does its work with. */
export interface Services {
  /** What `$$` shows. */
  readonly context: { readonly Execution: { readonly Name: string } };
  readonly runTask: (state: TaskState, scope: Scope) => Promise<unknown>;
  readonly runMap: (state: MapState, scope: Scope) => Promise<unknown>;
  /** Ends waiting when the execution is stopped or out of time. */
  readonly signal: AbortSignal;
}

/** Step Functions waits seconds between attempts; nobody wants to on one machine. */
const RETRY_DELAY_MS = 200;
/** Source: Amazon States Language, "Retrying after error". */
const MAX_ATTEMPTS_DEFAULT = 3;

/** Runs from the first state to the last and returns its output. @throws StatesError where the flow fails. */
export async function runStates(flow: Flow, input: unknown, services: Services): Promise<unknown> {
  let name: string | undefined = flow.StartAt;
  let data = input;
  while (name !== undefined) {
    if (services.signal.aborted) throw new StatesError('States.Timeout', 'stopped or out of time');
    const state: State | undefined = flow.States[name];
    invariant(state, `there is a state ${name}`);
    const scope: Scope = { data, context: services.context };
    if (state.Type === 'Fail') throw new StatesError(state.Error, state.Cause);
    if (state.Type === 'Succeed') return data;
    if (state.Type === 'Choice') {
      name = chosen(state, scope);
      continue;
    }
    data = await outcome(state, scope, services);
    name = state.Next;
  }
  return data;
}

async function outcome(
  state: TaskState | MapState,
  scope: Scope,
  services: Services,
): Promise<unknown> {
  if (state.Type === 'Map') return services.runMap(state, scope);
  const result = await retried(state.Retry, services.signal, () => services.runTask(state, scope));
  const shown = (data: unknown): Scope => ({ data, context: scope.context });
  const selected = state.ResultSelector ? fillIn(state.ResultSelector, shown(result)) : result;
  return state.OutputPath === undefined ? selected : valueAt(state.OutputPath, shown(selected));
}

/** Each retrier counts its own attempts; the first that covers the failure decides. */
async function retried<T>(
  retriers: Retriers,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const attempts = retriers.map(() => 0);
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      const failure = asStatesError(thrown);
      const index = retriers.findIndex(({ ErrorEquals }) => covers(ErrorEquals, failure));
      const made = attempts[index] ?? 0;
      const attemptsMax = retriers[index]?.MaxAttempts ?? MAX_ATTEMPTS_DEFAULT;
      if (index < 0 || made >= attemptsMax || signal.aborted) throw failure;
      attempts[index] = made + 1;
      await sleep(RETRY_DELAY_MS * (made + 1), undefined, { signal }).catch(() => undefined);
    }
  }
}

function chosen({ Choices, Default }: ChoiceState, scope: Scope): string {
  const holds = (rule: ChoiceState['Choices'][number]) => {
    const expected =
      'NumericEquals' in rule ? rule.NumericEquals : valueAt(rule.NumericEqualsPath, scope);
    return valueAt(rule.Variable, scope) === expected;
  };
  return Choices.find(holds)?.Next ?? Default;
}
