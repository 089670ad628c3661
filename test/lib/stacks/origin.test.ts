import { beforeAll, expect, test } from '@jest/globals';
import { exampleConfig } from '../example-config.ts';
import { type Properties, type Resource, Synthesized } from '../synthesized.ts';

const REGIONS = exampleConfig().regions.origins;
let example: Synthesized;

beforeAll(async () => {
  const stacks = REGIONS.map((region) => `origin-${region}`);
  example = await Synthesized.of(exampleConfig(), ...stacks);
});

const nameOf = (kind: string, region: string) => `distributary-${kind}-111122223333-${region}`;

function bucket(kind: string, region: string): Resource {
  const found = example
    .resources('AWS::S3::Bucket', `origin-${region}`)
    .find(({ Properties }) => Properties.BucketName === nameOf(kind, region));
  if (!found) throw new Error(`no bucket ${nameOf(kind, region)}`);
  return found;
}

function statementsOn({ logicalId }: Resource, region: string): Properties[] {
  const policy = example
    .properties('AWS::S3::BucketPolicy', `origin-${region}`)
    .find(({ Bucket }) => Bucket.Ref === logicalId);
  return policy?.PolicyDocument.Statement ?? [];
}

test('each region has content, assets and logs; the control region has the plans too', () => {
  const names = REGIONS.map((region) =>
    example.properties('AWS::S3::Bucket', `origin-${region}`).map(({ BucketName }) => BucketName),
  );
  expect(names).toEqual(
    REGIONS.map((region, index) =>
      ['logs', 'content', 'assets', ...(index === 0 ? ['plans'] : [])].map((kind) =>
        nameOf(kind, region),
      ),
    ),
  );
});

test('every bucket is versioned, encrypted, closed to the public and to plain HTTP, and outlives its stack once that stood', () => {
  for (const region of REGIONS) {
    for (const each of example.resources('AWS::S3::Bucket', `origin-${region}`)) {
      expect(each).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
      expect(each.Properties).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
          ],
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
      const denials = statementsOn(each, region).filter(({ Effect }) => Effect === 'Deny');
      expect(denials.map(({ Condition }) => Condition)).toEqual([
        { Bool: { 'aws:SecureTransport': 'false' } },
        { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      ]);
    }
  }
});

test('what is delivered is versioned, logged, and tidied after itself', () => {
  for (const region of REGIONS) {
    for (const kind of ['content', 'assets']) {
      expect(bucket(kind, region).Properties).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        LoggingConfiguration: {
          DestinationBucketName: { Ref: bucket('logs', region).logicalId },
          LogFilePrefix: `s3/${kind}/`,
        },
        LifecycleConfiguration: {
          Rules: [
            {
              NoncurrentVersionExpiration: { NoncurrentDays: 30 },
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
            },
          ],
        },
      });
    }
  }
});

test('every bucket but the logs themselves is logged, and logs are gone after 90 days, versions and all', () => {
  for (const region of REGIONS) {
    const logs = bucket('logs', region);
    expect(logs.Properties.LifecycleConfiguration.Rules.slice(0, 2)).toMatchObject([
      {
        Status: 'Enabled',
        ExpirationInDays: 90,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
      { Status: 'Enabled', ExpiredObjectDeleteMarker: true },
    ]);
    for (const each of example.resources('AWS::S3::Bucket', `origin-${region}`)) {
      if (each.logicalId === logs.logicalId) continue;
      expect(each.Properties.LoggingConfiguration.DestinationBucketName).toEqual({
        Ref: logs.logicalId,
      });
    }
  }
});

test('the primary replicates to every replica within 15 minutes, deletions too; replicas to nobody', () => {
  const [primary = '', ...replicas] = REGIONS;
  for (const kind of ['content', 'assets']) {
    const { Rules } = bucket(kind, primary).Properties.ReplicationConfiguration;
    expect(Rules).toHaveLength(2);
    for (const [index, region] of replicas.entries()) {
      expect(Rules[index]).toMatchObject({
        Priority: index + 1,
        Status: 'Enabled',
        DeleteMarkerReplication: { Status: 'Enabled' },
        Destination: {
          Bucket: `arn:aws:s3:::${nameOf(kind, region)}`,
          Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
          ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
        },
      });
      expect(bucket(kind, region).Properties).not.toHaveProperty('ReplicationConfiguration');
    }
  }
});

test('CloudFront reads what viewers may ask for, and can tell missing from forbidden', () => {
  for (const region of REGIONS) {
    for (const [kind, keys] of [
      ['content', 'content/*'],
      ['assets', 'images/*'],
    ] as const) {
      const each = bucket(kind, region);
      const arn = { 'Fn::GetAtt': [each.logicalId, 'Arn'] };
      const condition = {
        StringEquals: { 'AWS:SourceAccount': '111122223333' },
        ArnLike: { 'AWS:SourceArn': 'arn:aws:cloudfront::111122223333:distribution/*' },
      };
      const admitted = statementsOn(each, region).filter(
        ({ Principal }) => Principal.Service === 'cloudfront.amazonaws.com',
      );
      expect(
        admitted.map(({ Action, Resource, Condition }) => [Action, Resource, Condition]),
      ).toEqual([
        ['s3:GetObject', { 'Fn::Join': ['', [arn, `/${keys}`]] }, condition],
        ['s3:ListBucket', arn, condition],
      ]);
    }
  }
});

test('the event bus hears of objects in the primary content bucket alone', () => {
  const [primary = ''] = REGIONS;
  const telling = REGIONS.flatMap((region) =>
    example
      .properties('AWS::S3::Bucket', `origin-${region}`)
      .filter(({ NotificationConfiguration }) => NotificationConfiguration)
      .map(({ BucketName, NotificationConfiguration }) => [BucketName, NotificationConfiguration]),
  );
  expect(telling).toEqual([
    [nameOf('content', primary), { EventBridgeConfiguration: { EventBridgeEnabled: true } }],
  ]);
  expect(example.resources('AWS::Lambda::Function', `origin-${primary}`)).toEqual([]);
});

test("CloudFront's log delivery, which lives in us-east-1, may write to the primary log bucket", () => {
  const [primary = ''] = REGIONS;
  const delivery = statementsOn(bucket('logs', primary), primary).find(
    ({ Sid }) => Sid === 'CloudFrontDeliversLogs',
  );
  expect(delivery).toMatchObject({
    Action: 's3:PutObject',
    Principal: { Service: 'delivery.logs.amazonaws.com' },
    Condition: {
      ArnLike: { 'aws:SourceArn': 'arn:aws:logs:us-east-1:111122223333:delivery-source:*' },
    },
  });
});
