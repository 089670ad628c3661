import { CdnError } from '#domain/errors.ts';
import { resourcesOf, type Stack } from './assembly.ts';
import { functionNameOf, LAMBDA_FUNCTION } from './lambda-functions.ts';
import { referencesIn, referenceTo } from './references.ts';
import { STATE_MACHINE } from './state-machine-resources.ts';

/** An EventBridge rule that sends what matches its pattern to functions and state machines. */
export interface EventRule {
  readonly stack: Stack;
  readonly eventPattern: Readonly<Record<string, unknown>>;
  readonly targets: readonly EventTarget[];
}

export type EventTarget = Destination & {
  /** JSON that is sent in place of the event. */
  readonly input?: string;
  /** The part of the event that is sent, as `$.a.b`. */
  readonly inputPath?: string;
};

type Destination =
  | { readonly kind: 'function'; readonly functionId: string }
  | { readonly kind: 'state-machine'; readonly stateMachineId: string };

export interface EventRuleOptions {
  /** Buses are regional: rules of other regions hear other events. */
  readonly homeRegion: string;
  /** Names of functions whose invocation by a rule is left out. */
  readonly notRunHere?: ReadonlySet<string>;
}

interface RuleProperties {
  readonly EventPattern?: Readonly<Record<string, unknown>>;
  readonly State?: string;
  readonly Targets?: readonly {
    readonly Arn: unknown;
    readonly Input?: string;
    readonly InputPath?: string;
    readonly InputTransformer?: unknown;
  }[];
}

/** The rules with patterns of the stacks in one region. Rules by schedule are not run here. */
export function eventRules(
  stacks: readonly Stack[],
  { homeRegion, notRunHere = new Set() }: EventRuleOptions,
): EventRule[] {
  return stacks
    .filter((stack) => stack.awsRegion === homeRegion)
    .flatMap((stack) =>
      resourcesOf(stack, 'AWS::Events::Rule').flatMap(([logicalId, { Properties }]) => {
        const { EventPattern, State, Targets = [] } = Properties as RuleProperties;
        if (!EventPattern || State === 'DISABLED') return [];
        const targets = Targets.filter(({ Arn }) => !isLeftOut(stack, Arn, notRunHere)).map(
          (target) => eventTarget(stack, logicalId, target),
        );
        return targets.length === 0 ? [] : [{ stack, eventPattern: EventPattern, targets }];
      }),
    );
}

type TargetProperties = NonNullable<RuleProperties['Targets']>[number];

const isLeftOut = (stack: Stack, arn: unknown, notRunHere: ReadonlySet<string>): boolean =>
  referencesIn(arn).some((id) => notRunHere.has(functionNameOf(stack, id) ?? ''));

function eventTarget(stack: Stack, logicalId: string, target: TargetProperties): EventTarget {
  if (target.InputTransformer !== undefined)
    throw new CdnError(
      'start-failed',
      `the rule ${logicalId} has an input transformer, which the local event bus does not apply`,
    );
  return {
    ...destination(stack, target.Arn),
    ...(target.Input === undefined ? {} : { input: target.Input }),
    ...(target.InputPath === undefined ? {} : { inputPath: target.InputPath }),
  };
}

function destination(stack: Stack, arn: unknown): Destination {
  const types = referencesIn(arn).map((id) => stack.template.Resources[id]?.Type);
  return types.includes(STATE_MACHINE)
    ? { kind: 'state-machine', stateMachineId: referenceTo(stack, STATE_MACHINE, arn) }
    : { kind: 'function', functionId: referenceTo(stack, LAMBDA_FUNCTION, arn) };
}
