import { z } from 'zod';
import { CdnError } from '#domain/errors.ts';

/**
 * The part of the Amazon States Language that runs here: what our templates use, in JSONPath mode. Every field is
 * spelled out, so that one that is not known is refused at start and none is skipped. Source: states-language.net.
 */
const PATH = /^\$\$?(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const path = z
  .string()
  .regex(PATH, { error: 'only paths of the form $.a.b and $$.a.b are run here' });

/** An object in which the value of each key that ends in `.$` is a path. */
const template = z
  .record(z.string(), z.unknown())
  .refine(hasKnownPaths, { error: 'only paths of the form $.a.b and $$.a.b are run here' });

const comment = z.string().optional();
const retry = z
  .array(
    z.strictObject({
      ErrorEquals: z.array(z.string()).min(1),
      IntervalSeconds: z.int().optional(),
      MaxAttempts: z.int().optional(),
      BackoffRate: z.number().optional(),
      JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
    }),
  )
  .default([]);
/** A state goes on to the next one, or is the last. */
const onward = { Next: z.string().optional(), End: z.literal(true).optional() };

const task = {
  Type: z.literal('Task'),
  Comment: comment,
  ResultSelector: template.optional(),
  OutputPath: path.optional(),
  Retry: retry,
  ...onward,
};

const invokeTask = z.strictObject({
  ...task,
  Resource: z.literal('arn:aws:states:::lambda:invoke'),
  Parameters: z.strictObject({ FunctionName: z.string(), Payload: template }),
});

const describeMapRunTask = z.strictObject({
  ...task,
  Resource: z.literal('arn:aws:states:::aws-sdk:sfn:describeMapRun'),
  Parameters: z.strictObject({ 'MapRunArn.$': path }),
});

const choice = z.strictObject({
  Type: z.literal('Choice'),
  Comment: comment,
  Choices: z.array(
    z.union([
      z.strictObject({ Variable: path, NumericEquals: z.number(), Next: z.string() }),
      z.strictObject({ Variable: path, NumericEqualsPath: path, Next: z.string() }),
    ]),
  ),
  Default: z.string(),
});

const succeed = z.strictObject({ Type: z.literal('Succeed'), Comment: comment });
const fail = z.strictObject({
  Type: z.literal('Fail'),
  Comment: comment,
  Error: z.string(),
  Cause: z.string(),
});

const simpleStates = [
  z.discriminatedUnion('Resource', [invokeTask, describeMapRunTask]),
  choice,
  succeed,
  fail,
] as const;

const processor = z.strictObject({
  ProcessorConfig: z.strictObject({
    Mode: z.literal('DISTRIBUTED'),
    ExecutionType: z.enum(['STANDARD', 'EXPRESS']),
  }),
  StartAt: z.string(),
  States: z.record(z.string(), z.discriminatedUnion('Type', simpleStates)),
});

const map = z.strictObject({
  Type: z.literal('Map'),
  Comment: comment,
  Label: z.string(),
  ItemReader: z.strictObject({
    Resource: z.literal('arn:aws:states:::s3:getObject'),
    ReaderConfig: z.strictObject({ InputType: z.literal('JSON') }),
    Parameters: template,
  }),
  ItemBatcher: z.strictObject({ MaxItemsPerBatch: z.int().min(1), BatchInput: template }),
  MaxConcurrency: z.int().min(1),
  ToleratedFailurePercentage: z.literal(100),
  ItemProcessor: processor,
  ResultWriter: z.strictObject({
    Resource: z.literal('arn:aws:states:::s3:putObject'),
    Parameters: template,
    WriterConfig: z.strictObject({
      Transformation: z.literal('NONE'),
      OutputType: z.literal('JSON'),
    }),
  }),
  ...onward,
});

const definition = z.strictObject({
  Comment: comment,
  QueryLanguage: z.literal('JSONPath').optional(),
  TimeoutSeconds: z.int().min(1),
  StartAt: z.string(),
  States: z.record(z.string(), z.discriminatedUnion('Type', [...simpleStates, map])),
});

export type Definition = z.output<typeof definition>;
export type State = Definition['States'][string];
export type MapState = z.output<typeof map>;
export type TaskState = z.output<typeof invokeTask> | z.output<typeof describeMapRunTask>;
export type ChoiceState = z.output<typeof choice>;
export type Retriers = TaskState['Retry'];

/** @throws CdnError `start-failed`, naming every state and field that is not run here. */
export function parseDefinition(name: string, text: string): Definition {
  const parsed = definition.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CdnError(
    'start-failed',
    `the state machine ${name} uses what is not run on one machine: ${faults.join('; ')}`,
  );
}

/** The `FunctionName`s of all tasks, in the map's processor too. */
export function functionNamesIn(states: Readonly<Record<string, State>>): string[] {
  return Object.values(states).flatMap((state) => {
    if (state.Type === 'Map') return functionNamesIn(state.ItemProcessor.States);
    return state.Type === 'Task' && 'FunctionName' in state.Parameters
      ? [state.Parameters.FunctionName]
      : [];
  });
}

function hasKnownPaths(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(hasKnownPaths);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) =>
    key.endsWith('.$') ? typeof member === 'string' && PATH.test(member) : hasKnownPaths(member),
  );
}
