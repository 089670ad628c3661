import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { bucketName, LOG_PREFIXES, logDatabaseName } from '../../names.ts';
import { logQueries } from './log-queries.ts';

/** A query that would read more is ended: 1 TB costs 5 USD (Athena list price; assumption). */
const SCANNED_BYTES_MAX = 1e12;

export interface LogWorkgroupProps {
  readonly config: Config;
  readonly table: string;
}

/** Athena's workgroup for the logs: its own results and limit, whatever a client asks for, and the queries that we keep. */
export class LogWorkgroup extends Construct {
  constructor(scope: Construct, id: string, { config, table }: LogWorkgroupProps) {
    super(scope, id);
    const bucket = bucketName(config, 'logs', config.regions.control);
    const workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: config.prefix,
      description: `Queries over the access logs of ${config.prefix}`,
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: SCANNED_BYTES_MAX,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${bucket}/${LOG_PREFIXES.queryResults}/`,
          expectedBucketOwner: Stack.of(this).account,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
    for (const { name, description, sql } of logQueries(table)) {
      const query = new CfnNamedQuery(this, name, {
        name: `${config.prefix}-${name}`,
        description,
        database: logDatabaseName(config),
        workGroup: config.prefix,
        queryString: sql,
      });
      // The workgroup is named, not referenced, so CloudFormation must be told the order.
      query.addResourceDependency(workgroup);
    }
  }
}
