import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { planningDefinition } from '../../../lib/constructs/control/planning-definition.ts';
import { stateMachineResources } from '../../../local/cloud-assembly/state-machine-resources.ts';
import { startOrigin } from '../../../local/origin/start-origin.ts';
import { StateMachines } from '../../../local/state-machine/state-machines.ts';
import { functionResource, stackOf } from '../cloud-assembly/assembly-fixture.ts';

const BUCKET = 'test-plans';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' };

// biome-ignore lint/suspicious/noExplicitAny: a definition is as deep as it is untyped, and tests break it everywhere.
export type DefinitionDocument = any;

export const planning = (): DefinitionDocument =>
  planningDefinition({
    bucketName: BUCKET,
    scopeFunction: `\${${'Scope'}}`,
    plannerFunction: `\${${'Planner'}}`,
  });

export const machineStack = (definition: DefinitionDocument) =>
  stackOf({
    ScopeFn: functionResource(),
    PlannerFn: functionResource(),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'cdn-planning',
        DefinitionString: JSON.stringify(definition),
        DefinitionSubstitutions: {
          Scope: { 'Fn::GetAtt': ['ScopeFn', 'Arn'] },
          Planner: { 'Fn::GetAtt': ['PlannerFn', 'Arn'] },
        },
      },
    },
  });

export interface Batch {
  readonly siteIds: readonly string[];
  readonly order: unknown;
}

/** The planning's own state machine over a real S3, with functions that tests give. */
export async function startMachine(definition: DefinitionDocument = planning()) {
  const folder = await mkdtemp(join(tmpdir(), 'state-machine-'));
  const buckets = [{ name: BUCKET, region: 'us-east-1' }];
  const address = { host: '127.0.0.1', port: 0 };
  const origin = await startOrigin({ dataDirectory: folder, credentials, buckets, ...address });
  const s3 = new S3Client({
    ...{ endpoint: origin.url, region: 'us-east-1', credentials, forcePathStyle: true },
  });
  const stack = machineStack(definition);
  const invocations: { functionId: string; payload: unknown }[] = [];
  const outcome = Promise.withResolvers<{ event: string; facts: Record<string, unknown> }>();
  let siteIds: readonly string[] = [];
  let plan: (batch: Batch) => Promise<unknown> = async () => ({});
  const machines = new StateMachines({
    account: '111122223333',
    resources: stateMachineResources([stack], 'us-east-1'),
    s3,
    log: (event, facts = {}) => outcome.resolve({ event, facts }),
    invoke: async ({ functionId }, payload) => {
      invocations.push({ functionId, payload });
      if (functionId === 'PlannerFn') return plan(payload as Batch);
      const key = 'runs/test/sites.json';
      await s3.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: JSON.stringify(siteIds) }),
      );
      const order = { window: 'next', isForced: false };
      return { key, count: siteIds.length, resultsPrefix: 'runs/test/results', order };
    },
  });
  return {
    machines,
    invocations,
    stop: async () => {
      machines.stop();
      s3.destroy();
      await origin.close();
      await rm(folder, { recursive: true });
    },
    /** Runs the planning of these sites to its end. */
    run(sites: readonly string[], planner = plan) {
      siteIds = sites;
      plan = planner;
      machines.start({ stack, stateMachineId: 'Machine' }, { window: 'next' });
      return outcome.promise;
    },
    batches: () =>
      invocations
        .filter(({ functionId }) => functionId === 'PlannerFn')
        .map(({ payload }) => payload as Batch),
    /** The objects below a prefix, by the last part of their keys. */
    async objects(prefix: string): Promise<Map<string, DefinitionDocument>> {
      const list = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
      const entries = (list.Contents ?? []).map(async ({ Key = '' }) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        const text = (await Body?.transformToString()) ?? '';
        return [Key.split('/').at(-1) ?? '', JSON.parse(text)] as const;
      });
      return new Map(await Promise.all(entries));
    },
  };
}

export type MachineUnderTest = Awaited<ReturnType<typeof startMachine>>;
