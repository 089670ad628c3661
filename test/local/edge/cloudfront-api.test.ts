import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
  ListDistributionsCommand,
} from '@aws-sdk/client-cloudfront';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cloudFrontApi, isInvalidated } from '../../../local/edge/cloudfront-api.ts';
import { listening } from '../listening.ts';

const invalidated: string[] = [];
let client: CloudFrontClient;
let close: () => Promise<void>;
beforeAll(async () => {
  const server = cloudFrontApi({
    distributionId: 'E1',
    aliases: ['cf-edge.test'],
    invalidate: (paths) => invalidated.push(...paths),
  });
  const { url, close: closeServer } = await listening(server);
  close = closeServer;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new CloudFrontClient({
    region: 'us-east-1',
    credentials,
    endpoint: url,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await close();
});

const create = (id: string, ...paths: readonly string[]) =>
  client.send(
    new CreateInvalidationCommand({
      DistributionId: id,
      InvalidationBatch: {
        CallerReference: paths.join(),
        Paths: { Quantity: paths.length, Items: [...paths] },
      },
    }),
  );

test('an unknown distribution, and paths with a star inside, are refused as AWS does', async () => {
  await expect(create('E2', '/a')).rejects.toMatchObject({ name: 'NoSuchDistribution' });
  await expect(create('E1', '/a*b')).rejects.toMatchObject({ name: 'InvalidArgument' });
  await expect(create('E1', 'a')).rejects.toMatchObject({ name: 'InvalidArgument' });
  expect(invalidated).toEqual([]);
});

test('the real client finds the distribution, invalidates, and is told that it is done', async () => {
  const { DistributionList } = await client.send(new ListDistributionsCommand({}));
  expect(DistributionList?.Items).toMatchObject([
    { Id: 'E1', Aliases: { Items: ['cf-edge.test'] } },
  ]);
  const { Invalidation } = await create('E1', '/content/city/a.mp4', '/content/city/v*');
  expect(invalidated).toEqual(['/content/city/a.mp4', '/content/city/v*']);
  const asked = { DistributionId: 'E1', Id: Invalidation?.Id ?? '' };
  const found = await client.send(new GetInvalidationCommand(asked));
  expect(found.Invalidation).toMatchObject({ Id: asked.Id, Status: 'Completed' });
});

test('a star at the end stands for anything, and nothing else does', () => {
  const paths = ['/a/b', '/c/*'];
  const meant = ['/a/b', '/a/b/c', '/c/', '/c/d/e', '/c'].filter((path) =>
    isInvalidated(paths, path),
  );
  expect(meant).toEqual(['/a/b', '/c/', '/c/d/e']);
});
