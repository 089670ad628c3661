import { CdnError } from '#domain/errors.ts';
import { resourcesOf, type Stack } from './assembly.ts';
import { LAMBDA_FUNCTION } from './lambda-functions.ts';
import { referenceTo } from './references.ts';

/** An EventBridge rule that sends what matches its pattern to functions. */
export interface EventRule {
  readonly stack: Stack;
  readonly eventPattern: Readonly<Record<string, unknown>>;
  readonly targets: readonly EventTarget[];
}

export interface EventTarget {
  readonly functionId: string;
  /** JSON that is sent in place of the event. */
  readonly input?: string;
  /** The part of the event that is sent, as `$.a.b`. */
  readonly inputPath?: string;
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

/** The rules with patterns of the stacks in one region: buses are regional. Rules by schedule are not run here. */
export function eventRules(stacks: readonly Stack[], homeRegion: string): EventRule[] {
  return stacks
    .filter((stack) => stack.awsRegion === homeRegion)
    .flatMap((stack) =>
      resourcesOf(stack, 'AWS::Events::Rule').flatMap(([logicalId, { Properties }]) => {
        const { EventPattern, State, Targets = [] } = Properties as RuleProperties;
        if (!EventPattern || State === 'DISABLED') return [];
        const targets = Targets.map((target) => eventTarget(stack, logicalId, target));
        return [{ stack, eventPattern: EventPattern, targets }];
      }),
    );
}

type TargetProperties = NonNullable<RuleProperties['Targets']>[number];

function eventTarget(stack: Stack, logicalId: string, target: TargetProperties): EventTarget {
  if (target.InputTransformer !== undefined)
    throw new CdnError(
      'start-failed',
      `the rule ${logicalId} has an input transformer, which the local event bus does not apply`,
    );
  return {
    functionId: referenceTo(stack, LAMBDA_FUNCTION, target.Arn),
    ...(target.Input === undefined ? {} : { input: target.Input }),
    ...(target.InputPath === undefined ? {} : { inputPath: target.InputPath }),
  };
}
