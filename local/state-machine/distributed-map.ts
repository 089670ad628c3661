import { randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { fillIn, type Scope, textParameters } from './data-flow.ts';
import type { MapState } from './definition.ts';
import { type Flow, runStates, type Services } from './run-states.ts';
import { asStatesError, StatesError } from './states-error.ts';

/** Counts of items, as DescribeMapRun gives them. */
export interface ItemCounts {
  readonly Succeeded: number;
  readonly Failed: number;
  readonly Total: number;
}

export interface MapRun {
  readonly mapRunArn: string;
  readonly itemCounts: ItemCounts;
  /** What the state puts out. */
  readonly output: unknown;
}

export interface MapRunOptions {
  readonly s3: S3Client;
  /** `arn:aws:states:<region>:<account>:mapRun:<state machine>` */
  readonly arnPrefix: string;
  /** The services of one child execution. */
  readonly childServices: (name: string) => Services;
}

/** One child execution, with the fields of Step Functions' own result files that tell what became of it. */
interface Child {
  readonly Name: string;
  readonly Status: 'SUCCEEDED' | 'FAILED';
  readonly Input: string;
  readonly itemCount: number;
  readonly Output?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

/** Reads the items, runs each batch in an execution of its own, and writes what became of them. */
export async function runDistributedMap(
  state: MapState,
  scope: Scope,
  options: MapRunOptions,
): Promise<MapRun> {
  const id = randomUUID();
  const mapRunArn = `${options.arnPrefix}/${state.Label}:${id}`;
  const items = await readItems(options.s3, textParameters(state.ItemReader.Parameters, scope));
  const BatchInput = fillIn(state.ItemBatcher.BatchInput, scope);
  const batches = inBatches(items, state.ItemBatcher.MaxItemsPerBatch);
  const children = await concurrently(state.MaxConcurrency, batches, (Items) =>
    runChild(state.ItemProcessor, { BatchInput, Items }, options),
  );
  const ResultWriterDetails = await writeResults(
    options.s3,
    { ...textParameters(state.ResultWriter.Parameters, scope), id, mapRunArn },
    children,
  );
  const succeeded = children
    .filter(({ Status }) => Status === 'SUCCEEDED')
    .reduce((sum, { itemCount }) => sum + itemCount, 0);
  const Total = items.length;
  return {
    mapRunArn,
    itemCounts: { Succeeded: succeeded, Failed: Total - succeeded, Total },
    output: { MapRunArn: mapRunArn, ResultWriterDetails },
  };
}

async function readItems(
  s3: S3Client,
  { Bucket, Key }: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const items: unknown = JSON.parse((await Body?.transformToString()) ?? '');
    if (Array.isArray(items)) return items;
    throw new Error('it is no JSON array');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StatesError('States.ItemReaderFailed', `s3://${Bucket}/${Key}: ${reason}`);
  }
}

async function runChild(
  processor: Flow,
  input: { readonly BatchInput: unknown; readonly Items: readonly unknown[] },
  { childServices }: MapRunOptions,
): Promise<Child> {
  const Name = randomUUID();
  const child = { Name, Input: JSON.stringify(input), itemCount: input.Items.length };
  try {
    const output = await runStates(processor, input, childServices(Name));
    return { ...child, Status: 'SUCCEEDED', Output: JSON.stringify(output) };
  } catch (thrown) {
    const { errorName, message } = asStatesError(thrown);
    return { ...child, Status: 'FAILED', Error: errorName, Cause: message };
  }
}

/** Source of the layout: Step Functions Developer Guide, "ResultWriter (Map)". */
async function writeResults(
  s3: S3Client,
  to: Readonly<Record<string, string>>,
  children: readonly Child[],
): Promise<{ Bucket: string; Key: string }> {
  const { Bucket = '', Prefix = '', id = '', mapRunArn } = to;
  const put = async (file: string, content: unknown) => {
    const Key = `${Prefix}/${id}/${file}`;
    const Body = JSON.stringify(content);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' }));
    return { Key, Size: Buffer.byteLength(Body) };
  };
  const filesOf = async (status: Child['Status']) => {
    const some = children.filter(({ Status }) => Status === status);
    const shown = some.map(({ itemCount, ...result }) => result);
    return some.length === 0 ? [] : [await put(`${status}_0.json`, shown)];
  };
  const ResultFiles = {
    FAILED: await filesOf('FAILED'),
    PENDING: [],
    SUCCEEDED: await filesOf('SUCCEEDED'),
  };
  const manifest = { DestinationBucket: Bucket, MapRunArn: mapRunArn, ResultFiles };
  return { Bucket, Key: (await put('manifest.json', manifest)).Key };
}

const inBatches = <T>(items: readonly T[], size: number): (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

/** Works through `items` with so many workers at most; results stand in the order of items. */
async function concurrently<T, R>(
  workersMax: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(workersMax, items.length) }, worker));
  return results;
}
