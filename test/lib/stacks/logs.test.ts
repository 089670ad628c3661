import { beforeAll, expect, test } from '@jest/globals';
import { RECORD_FIELDS } from '../../../lib/constructs/edge/access-log-fields.ts';
import { logQueries } from '../../../lib/constructs/logs/log-queries.ts';
import { exampleConfig } from '../example-config.ts';
import { Synthesized } from '../synthesized.ts';

const LOG_BUCKET = 'distributary-logs-111122223333-us-east-1';
const COLUMNS = RECORD_FIELDS.map((field) => field.replaceAll('-', '_'));
const PARTITIONS = ['year', 'month', 'day', 'hour'];

let example: Synthesized;

beforeAll(async () => {
  const config = exampleConfig((raw) => {
    raw.prefix = 'my-cdn';
  });
  example = await Synthesized.of(config, 'logs');
});

test('the table has exactly the delivered fields, as text, and the partitions of the path', () => {
  const { DatabaseName, TableInput } = example.only('AWS::Glue::Table');
  expect(example.only('AWS::Glue::Database').DatabaseInput.Name).toBe('my_cdn_logs');
  expect(DatabaseName).toBe('my_cdn_logs');
  expect(TableInput.StorageDescriptor.Columns).toEqual(
    COLUMNS.map((Name) => ({ Name, Type: 'string' })),
  );
  expect(TableInput.PartitionKeys).toEqual(PARTITIONS.map((Name) => ({ Name, Type: 'int' })));
});

test('partitions are projected onto the path that CloudFront writes to', () => {
  const { Parameters, StorageDescriptor } = example.only('AWS::Glue::Table').TableInput;
  const location = `s3://${LOG_BUCKET.replace('distributary', 'my-cdn')}/cloudfront/`;
  expect(StorageDescriptor.Location).toBe(location);
  expect(Parameters).toMatchObject({
    'projection.enabled': 'true',
    'storage.location.template': `${location}year=\${year}/month=\${month}/day=\${day}/hour=\${hour}/`,
  });
  for (const partition of PARTITIONS) {
    expect(Parameters[`projection.${partition}.type`]).toBe('integer');
  }
});

test('the workgroup keeps results encrypted in the log bucket, and ends what reads too much', () => {
  expect(example.only('AWS::Athena::WorkGroup')).toMatchObject({
    Name: 'my-cdn',
    WorkGroupConfiguration: {
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 1e12,
      PublishCloudWatchMetricsEnabled: true,
      ResultConfiguration: {
        OutputLocation: 's3://my-cdn-logs-111122223333-us-east-1/athena/',
        EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
        ExpectedBucketOwner: '111122223333',
      },
    },
  });
});

test('each query is kept in the workgroup, and made after it', () => {
  const queries = example.resources('AWS::Athena::NamedQuery');
  const [{ logicalId = '' } = {}] = example.resources('AWS::Athena::WorkGroup');
  expect(queries.map(({ Properties }) => Properties.Name)).toEqual([
    'my-cdn-titles-by-country',
    'my-cdn-results',
    'my-cdn-rebuffering-by-network',
    'my-cdn-refusals',
  ]);
  for (const { Properties, DependsOn } of queries as readonly {
    Properties: Record<string, string>;
    DependsOn?: string[];
  }[]) {
    expect(Properties).toMatchObject({ WorkGroup: 'my-cdn', Database: 'my_cdn_logs' });
    expect(DependsOn).toContain(logicalId);
  }
});

const QUERIES = logQueries('cloudfront_access').map((query) => [query.name, query.sql] as const);

/** Columns are the only names of a query in small letters with an underscore, besides what it names itself. */
const columnsOf = (sql: string): string[] => {
  const given = new Set([...sql.matchAll(/ AS (\w+)/g)].map(([, name]) => name));
  const functions = new Set([...sql.matchAll(/(\w+)\(/g)].map(([, name]) => name));
  return [...new Set(sql.replaceAll(/'[^']*'/g, '').match(/\b[a-z]+(?:_[a-z]+)+\b|\basn\b/g))]
    .filter((name) => !given.has(name) && !functions.has(name))
    .filter((name) => !['current_date', 'cloudfront_access'].includes(name));
};

test.each(QUERIES)('%s asks for columns that the log has', (_, sql) => {
  const columns = columnsOf(sql);
  expect(columns.length).toBeGreaterThan(0);
  expect(COLUMNS).toEqual(expect.arrayContaining(columns));
});

test.each(QUERIES)('%s reads one day, never the whole log', (_, sql) => {
  for (const part of ['year', 'month', 'day']) {
    expect(sql).toContain(`${part} = ${part}(current_date - interval '1' day)`);
  }
});

test.each(QUERIES)('%s never selects a path: it would hold session tokens', (_, sql) => {
  expect(sql.replaceAll(/regexp_extract\(cs_uri_stem,/g, '')).not.toContain('cs_uri_stem');
});

test.each([
  ['/content/city-at-night/video.mp4', 'city-at-night'],
  ['/~eyJhbGciOiJFZERTQSJ9.eyJzaWQiOiIxIn0.c2ln/content/city-at-night/video.mp4', 'city-at-night'],
  ['/%7EeyJhbGciOiJFZERTQSJ9.eyJzaWQiOiIxIn0.c2ln/content/city-at-night/a/b.m4s', 'city-at-night'],
  ['/images/poster.jpg', undefined],
  ['/~token/images/content/poster.jpg', undefined],
])('the title of %s is %s', (path, title) => {
  const [, pattern = ''] =
    /regexp_extract\(cs_uri_stem, '([^']+)', 1\)/.exec(QUERIES[0]?.[1] ?? '') ?? [];
  expect(new RegExp(pattern).exec(path)?.[1]).toBe(title);
});
