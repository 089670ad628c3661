import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../lib/config/schema.ts';
import { type FunctionName, functionName } from '../../lib/names.ts';
import type { Stack } from '../cloud-assembly/assembly.ts';
import { type EventRule, eventRules } from '../cloud-assembly/event-rules.ts';
import { type HttpRoute, httpRoutes } from '../cloud-assembly/http-routes.ts';
import { NOT_RUN_HERE } from '../cloud-assembly/not-run-here.ts';
import { stateMachineResources } from '../cloud-assembly/state-machine-resources.ts';
import { tableDefinitions } from '../cloud-assembly/stores.ts';
import { createTables, dynamodbServer } from '../dynamodb/dynamodb-server.ts';
import { EventBus } from '../event-bus/event-bus.ts';
import { eventBusServer } from '../event-bus/event-bus-server.ts';
import { type AddressPlan, urlOf } from '../ground/address-plan.ts';
import { localAws } from '../ground/aws-environment.ts';
import type { LogFolder } from '../ground/log-folder.ts';
import type { SecretStore } from '../ground/secret-store.ts';
import { listen } from '../http/servers.ts';
import { FunctionHost, type FunctionReference } from '../lambda-host/function-host.ts';
import type { Teardown } from '../processes/teardown.ts';
import { secretsServer } from '../secrets/secrets-server.ts';
import { StateMachines } from '../state-machine/state-machines.ts';

export interface ControlPlaneOptions {
  readonly config: Config;
  readonly plan: AddressPlan;
  readonly stacks: readonly Stack[];
  readonly secrets: SecretStore;
  readonly logs: LogFolder;
  /** Where tables are kept; in memory when absent. */
  readonly tablesFolder?: string;
  readonly teardown: Teardown;
}

/** The control plane: its functions, and the AWS services that they and their events go through. */
export interface ControlPlane {
  readonly routes: readonly HttpRoute[];
  readonly functionCount: number;
  readonly tableCount: number;
  invoke(target: FunctionReference, event: unknown): Promise<unknown>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { config, plan, stacks, secrets, logs, teardown } = options;
  const homeRegion = config.regions.control;
  const routes = httpRoutes(stacks);
  const rules = rulesHere(options);
  const functions = new FunctionHost({
    logger: (name) => logs.logger(name),
    variables: {
      ...localAws(plan, homeRegion).variables,
      CLOUDFRONT_URLS: urlOf(plan.edge),
      PLAYBACK_URL: urlOf(plan.gateway),
    },
  });
  teardown.add('servers', () => functions.stop());
  const stateMachines = startStateMachines(options, (fn, payload) => functions.invoke(fn, payload));
  const bus = new EventBus({
    account: config.account,
    awsRegion: homeRegion,
    rules,
    invoke: async ({ stack }, target, event) =>
      target.kind === 'function'
        ? functions.invoke({ stack, functionId: target.functionId }, event)
        : stateMachines.start({ stack, stateMachineId: target.stateMachineId }, event),
    log: logs.logger('event-bus'),
  });
  teardown.add('processes', () => bus.stop());
  teardown.add('processes', () => stateMachines.stop());
  const [tableCount] = await Promise.all([
    startTables(options),
    listen(secretsServer(secrets.valueByName), plan.secrets, teardown),
    listen(eventBusServer(bus), plan.eventBus, teardown),
  ]);
  const functionCount = functions.load([
    ...routes,
    ...routes.flatMap(authorizerOf),
    ...rules.flatMap(targetsOf),
    ...stateMachines.functions,
  ]);
  return {
    routes,
    functionCount,
    tableCount,
    invoke: (target, event) => functions.invoke(target, event),
  };
}

async function startTables({
  config,
  plan,
  stacks,
  tablesFolder,
  teardown,
}: ControlPlaneOptions): Promise<number> {
  await listen(dynamodbServer(tablesFolder), plan.dynamodb, teardown);
  const { region, credentials } = localAws(plan, config.regions.control);
  const client = new DynamoDBClient({ endpoint: urlOf(plan.dynamodb), region, credentials });
  const tables = tableDefinitions(stacks);
  await createTables(client, tables);
  client.destroy();
  return tables.length;
}

/** The rules whose functions run here; says which do not. */
function rulesHere({ config, stacks, logs }: ControlPlaneOptions): EventRule[] {
  const reasonByName = new Map(
    Object.entries(NOT_RUN_HERE).map(([name, reason]) => [
      functionName(config, name as FunctionName),
      reason,
    ]),
  );
  const log = logs.logger('event-bus');
  for (const [name, reason] of reasonByName)
    log('rule.not-run-here', { functionName: name, reason });
  return eventRules(stacks, {
    homeRegion: config.regions.control,
    notRunHere: new Set(reasonByName.keys()),
  });
}

function startStateMachines(
  { config, plan, stacks, logs, teardown }: ControlPlaneOptions,
  invoke: FunctionHost['invoke'],
): StateMachines {
  const { region, credentials } = localAws(plan, config.regions.control);
  const s3 = new S3Client({
    endpoint: urlOf(plan.origin),
    region,
    credentials,
    forcePathStyle: true,
  });
  teardown.add('servers', () => s3.destroy());
  return new StateMachines({
    account: config.account,
    resources: stateMachineResources(stacks, region),
    invoke,
    s3,
    log: logs.logger('state-machines'),
  });
}

const targetsOf = ({ stack, targets }: EventRule) =>
  targets.flatMap((target) =>
    target.kind === 'function' ? { stack, functionId: target.functionId } : [],
  );

const authorizerOf = ({ stack, authorizerId }: HttpRoute): FunctionReference[] =>
  authorizerId === undefined ? [] : [{ stack, functionId: authorizerId }];

/** The folder of the tables in a data folder. */
export const tablesFolderIn = (dataFolder: string): string => join(dataFolder, 'dynamodb');
