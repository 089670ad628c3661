import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { stackName, type TableKind, tableName } from '../names.ts';

const TABLES: readonly { readonly id: string; readonly kind: TableKind }[] = [
  { id: 'Fleet', kind: 'fleet' },
  { id: 'Titles', kind: 'titles' },
  { id: 'Health', kind: 'health' },
  { id: 'Sessions', kind: 'sessions' },
];

/** The state of the control plane: one global table a concern, with a replica wherever the playback API reads it. */
export class TablesStack extends Stack {
  constructor(scope: Construct, config: Config) {
    const { control, playback } = config.regions;
    super(scope, stackName(config, 'tables'), {
      env: { account: config.account, region: control },
      description: 'Distributary: fleet, titles, health and sessions',
    });
    for (const { id, kind } of TABLES) {
      new TableV2(this, id, {
        tableName: tableName(config, kind),
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        sortKey: { name: 'sk', type: AttributeType.STRING },
        timeToLiveAttribute: 'expiresAtSeconds',
        billing: Billing.onDemand(),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection: true,
        removalPolicy: RemovalPolicy.RETAIN,
        replicas: playback.filter((region) => region !== control).map((region) => ({ region })),
      });
    }
  }
}
