import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CdnError } from '#domain/errors.ts';
import type { SiteId } from '#domain/ids.ts';
import type { Log } from '../shared/log.ts';
import type { PlanningOrder } from '../shared/planning-order.ts';
import { fleetStore } from '../shared/stores/fleet-store.ts';
import type { Environment } from './environment.ts';
import { type PlanningEvent, planningRequest } from './planning-request.ts';

export interface PlanningScopeDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly s3: S3Client;
  readonly environment: Environment;
  readonly log: Log;
}

/** What the state machine hands over: its own name for this run, and the event that started it. */
export interface ScopeQuestion {
  readonly execution: string;
  readonly event: PlanningEvent;
}

/** Which sites to plan, and how: the rest of the state machine goes by this. */
export interface PlanningScope {
  /** Key in the plan bucket of a JSON array of site ids. */
  readonly key: string;
  readonly count: number;
  /** Where in the plan bucket the outcome of each batch is written. */
  readonly resultsPrefix: string;
  readonly order: PlanningOrder;
}

/** Names that a state machine's run may have and that can stand in a key. Source: Step Functions API, StartExecution. */
const EXECUTION_PATTERN = /^[A-Za-z0-9_-]{1,80}$/;

/** Decides which sites a run of the planning is for, and writes them where the Distributed Map reads them. */
export function createPlanningScope(
  dependencies: PlanningScopeDependencies,
): (question: ScopeQuestion) => Promise<PlanningScope> {
  const { dynamoDb, s3, environment, log } = dependencies;
  const fleet = fleetStore(dynamoDb, environment.FLEET_TABLE);
  return async ({ execution, event }) => {
    if (!EXECUTION_PATTERN.test(execution))
      throw new CdnError(
        'message-invalid',
        'execution: expected 1 to 80 of A-Z, a-z, 0-9, _ and -',
      );
    const { order, siteId } = planningRequest(event);
    const siteIds = (await fleet.sites())
      .map((site): SiteId => site.siteId)
      .filter((candidate) => siteId === undefined || candidate === siteId);
    const key = `runs/${execution}/sites.json`;
    await s3.send(
      new PutObjectCommand({
        Bucket: environment.PLAN_BUCKET,
        Key: key,
        Body: JSON.stringify(siteIds),
        ContentType: 'application/json',
      }),
    );
    const count = siteIds.length;
    log('info', 'planning.scoped', { execution, count, ...order });
    return { key, count, resultsPrefix: `runs/${execution}/results`, order };
  };
}
