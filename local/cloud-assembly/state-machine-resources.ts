import { CdnError } from '#domain/errors.ts';
import { resourcesOf, type Stack } from './assembly.ts';
import { LAMBDA_FUNCTION } from './lambda-functions.ts';
import { referenceTo } from './references.ts';

export const STATE_MACHINE = 'AWS::StepFunctions::StateMachine';

/** A state machine as its template declares it. */
export interface StateMachineResource {
  readonly stack: Stack;
  readonly stateMachineId: string;
  readonly name: string;
  /** In the Amazon States Language, with the placeholders that CloudFormation would substitute. */
  readonly definitionText: string;
  /** `${Planner}` → the logical id of the function whose ARN comes in its place. */
  readonly functionIdByPlaceholder: ReadonlyMap<string, string>;
}

interface StateMachineProperties {
  readonly StateMachineName?: string;
  readonly DefinitionString?: unknown;
  readonly DefinitionSubstitutions?: Readonly<Record<string, unknown>>;
}

/** The state machines of one region. @throws CdnError `start-failed` for a definition that is not literal text. */
export function stateMachineResources(
  stacks: readonly Stack[],
  homeRegion: string,
): StateMachineResource[] {
  return stacks
    .filter((stack) => stack.awsRegion === homeRegion)
    .flatMap((stack) =>
      resourcesOf(stack, STATE_MACHINE).map(([stateMachineId, { Properties = {} }]) => {
        const {
          StateMachineName: name = stateMachineId,
          DefinitionString: definitionText,
          DefinitionSubstitutions = {},
        } = Properties as StateMachineProperties;
        if (typeof definitionText !== 'string')
          throw new CdnError(
            'start-failed',
            `the definition of ${stateMachineId} must be literal text to run without CloudFormation`,
          );
        const functionIdByPlaceholder = new Map(
          Object.entries(DefinitionSubstitutions).map(([placeholder, value]) => [
            `\${${placeholder}}`,
            referenceTo(stack, LAMBDA_FUNCTION, value),
          ]),
        );
        return { stack, stateMachineId, name, definitionText, functionIdByPlaceholder };
      }),
    );
}
