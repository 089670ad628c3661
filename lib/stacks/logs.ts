import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { LogTables } from '../constructs/logs/log-tables.ts';
import { LogWorkgroup } from '../constructs/logs/log-workgroup.ts';
import { stackName } from '../names.ts';

/** What answers questions about the access logs: a Glue table over them, and Athena. Holds no data of its own. */
export class LogsStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'logs'), {
      env: { account: config.account, region: config.regions.control },
      description: 'Distributary: Athena and Glue over the access logs',
    });
    new LogTables(this, 'Tables', config);
    new LogWorkgroup(this, 'Queries', { config, table: LogTables.accessTable });
  }
}
