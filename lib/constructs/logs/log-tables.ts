import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { bucketName, LOG_PREFIXES, logDatabaseName } from '../../names.ts';
import { RECORD_FIELDS } from '../edge/access-log-fields.ts';

/** Partitions are worked out from these ranges: nothing crawls, and an hour can be asked for as soon as it is written. */
const PARTITIONS = [
  { name: 'year', range: '2026,2050', digits: 4 },
  { name: 'month', range: '1,12', digits: 2 },
  { name: 'day', range: '1,31', digits: 2 },
  { name: 'hour', range: '0,23', digits: 2 },
] as const;

const PARQUET = {
  inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serdeInfo: {
    serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
};

/**
 * The Glue database with the table `cloudfront_access` over CloudFront's access logs. Its columns are the delivered
 * fields, `-` written `_`, and all of them text: so CloudFront's Parquet has them.
 * Source: Amazon Athena User Guide, "Create a table for CloudFront logs … with Parquet", read 2026-11. That the path has
 * no part before `year=` but our own prefix follows from the prefix in the delivery's destination; *assumption*, as it
 * was never seen in an account.
 */
export class LogTables extends Construct {
  static readonly accessTable = 'cloudfront_access';
  readonly database: CfnDatabase;
  readonly table: CfnTable;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const catalogId = Stack.of(this).account;
    const databaseName = logDatabaseName(config);
    this.database = new CfnDatabase(this, 'Database', {
      catalogId,
      databaseInput: { name: databaseName, description: `Access logs of ${config.prefix}` },
    });
    const bucket = bucketName(config, 'logs', config.regions.control);
    const location = `s3://${bucket}/${LOG_PREFIXES.cloudFront}`;
    this.table = new CfnTable(this, 'CloudFrontAccess', {
      catalogId,
      databaseName,
      tableInput: {
        name: LogTables.accessTable,
        description: 'A row a request to CloudFront, within the hour, at times a day late',
        tableType: 'EXTERNAL_TABLE',
        parameters: { EXTERNAL: 'TRUE', classification: 'parquet', ...projection(location) },
        partitionKeys: PARTITIONS.map(({ name }) => ({ name, type: 'int' })),
        storageDescriptor: {
          ...PARQUET,
          location: `${location}/`,
          columns: RECORD_FIELDS.map((field) => ({
            name: field.replaceAll('-', '_'),
            type: 'string',
          })),
        },
      },
    });
    this.table.addResourceDependency(this.database);
  }
}

function projection(location: string): Record<string, string> {
  const rules = PARTITIONS.flatMap(({ name, range, digits }) => [
    [`projection.${name}.type`, 'integer'],
    [`projection.${name}.range`, range],
    [`projection.${name}.digits`, String(digits)],
  ]);
  const path = PARTITIONS.map(({ name }) => `${name}=\${${name}}`).join('/');
  return {
    'projection.enabled': 'true',
    ...Object.fromEntries(rules),
    'storage.location.template': `${location}/${path}/`,
  };
}
