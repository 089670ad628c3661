import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Config } from '../../lib/config/schema.ts';
import type { Stack } from '../cloud-assembly/assembly.ts';
import { type EventRule, eventRules } from '../cloud-assembly/event-rules.ts';
import { type HttpRoute, httpRoutes } from '../cloud-assembly/http-routes.ts';
import { tableDefinitions } from '../cloud-assembly/stores.ts';
import { createTables, dynamodbServer } from '../dynamodb/dynamodb-server.ts';
import { EventBus } from '../event-bus/event-bus.ts';
import { eventBusServer } from '../event-bus/event-bus-server.ts';
import { type AddressPlan, urlOf } from '../ground/address-plan.ts';
import { localAws } from '../ground/aws-environment.ts';
import type { LogFolder } from '../ground/log-folder.ts';
import type { SecretStore } from '../ground/secret-store.ts';
import { listen } from '../http/servers.ts';
import { FunctionHost } from '../lambda-host/function-host.ts';
import type { Teardown } from '../processes/teardown.ts';
import { secretsServer } from '../secrets/secrets-server.ts';

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
  invoke(route: HttpRoute, event: unknown): Promise<unknown>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { config, plan, stacks, secrets, logs, teardown } = options;
  const homeRegion = config.regions.control;
  const routes = httpRoutes(stacks);
  const rules = eventRules(stacks, homeRegion);
  const functions = new FunctionHost({
    logger: (name) => logs.logger(name),
    variables: {
      ...localAws(plan, homeRegion).variables,
      CLOUDFRONT_URL: urlOf(plan.edge),
      PLAYBACK_URL: urlOf(plan.gateway),
    },
  });
  teardown.add('servers', () => functions.stop());
  const bus = new EventBus({
    account: config.account,
    awsRegion: homeRegion,
    rules,
    invoke: (rule, { functionId }, event) =>
      functions.invoke({ stack: rule.stack, functionId }, event),
    log: logs.logger('event-bus'),
  });
  teardown.add('processes', () => bus.stop());
  const [tableCount] = await Promise.all([
    startTables(options),
    listen(secretsServer(secrets.valueByName), plan.secrets, teardown),
    listen(eventBusServer(bus), plan.eventBus, teardown),
  ]);
  const functionCount = functions.load([...routes, ...rules.flatMap(targetsOf)]);
  return {
    routes,
    functionCount,
    tableCount,
    invoke: (route, event) => functions.invoke(route, event),
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

const targetsOf = ({ stack, targets }: EventRule) =>
  targets.map(({ functionId }) => ({ stack, functionId }));

/** The folder of the tables in a data folder. */
export const tablesFolderIn = (dataFolder: string): string => join(dataFolder, 'dynamodb');
