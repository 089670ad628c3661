import type { TemplateResource } from './not-deployed.ts';

/** A state of the Amazon States Language, as far as it is changed here. */
interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly ItemBatcher?: { readonly BatchInput?: unknown };
  readonly ResultWriter?: unknown;
  readonly ItemProcessor?: { readonly ProcessorConfig?: { readonly Mode?: string } };
}

interface Definition {
  readonly States: Readonly<Record<string, State>>;
}

/**
 * A state machine as the emulator can run it. Its Distributed Map reads items from S3 and runs each in an execution of
 * its own, but neither makes batches nor writes results: here each item comes as a batch of one, and what reads the map
 * run's results afterwards is passed over. Everything else is as in the template.
 */
export function adapted(resource: TemplateResource): TemplateResource {
  const { Type, Properties = {} } = resource;
  const { DefinitionString } = Properties;
  if (Type !== 'AWS::StepFunctions::StateMachine' || typeof DefinitionString !== 'string') {
    return resource;
  }
  const definition = JSON.parse(DefinitionString) as Definition;
  const States = Object.fromEntries(
    Object.entries(definition.States).map(([name, state]) => [
      name,
      isDistributed(state) ? withBatchesOfOne(state, lastState(definition)) : state,
    ]),
  );
  const adaptedDefinition = JSON.stringify({ ...definition, States });
  return { ...resource, Properties: { ...Properties, DefinitionString: adaptedDefinition } };
}

const isDistributed = ({ ItemProcessor }: State): boolean =>
  ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED';

function withBatchesOfOne(state: State, next: string): object {
  const { ItemBatcher, ResultWriter, ...rest } = state;
  if (!ItemBatcher || !ResultWriter) throw new Error('a Distributed Map of another kind than ours');
  const ItemSelector = {
    'Items.$': 'States.Array($$.Map.Item.Value)',
    BatchInput: ItemBatcher.BatchInput,
  };
  return { ...rest, ItemSelector, Next: next };
}

/** The state that ends a run in which everything went well: the one that a choice leads to when nothing failed. */
function lastState({ States }: Definition): string {
  const name = Object.keys(States).findLast((candidate) => States[candidate]?.Type === 'Succeed');
  if (name === undefined) throw new Error('a state machine in which no state succeeds');
  return name;
}
