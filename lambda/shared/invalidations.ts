import {
  type CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
  paginateListDistributions,
} from '@aws-sdk/client-cloudfront';
import { CdnError } from '#domain/errors.ts';
import type { CloudFrontInvalidation } from '#protocol/purge.ts';
import type { CloudFrontUrls } from './cloudfront-urls.ts';
import type { Invalidation } from './stores/purge-store.ts';

/** Has CloudFront forget paths, in every distribution of the deployment. */
export interface Invalidations {
  /** @throws CdnError `upstream-invalid` when CloudFront refuses. */
  begin(paths: readonly string[], reference: string): Promise<Invalidation[]>;
  state(invalidation: Invalidation): Promise<CloudFrontInvalidation>;
}

/** Distributions have ids that no other stack knows: they are found by their host names, once an instance. */
export function invalidations(client: CloudFrontClient, urls: CloudFrontUrls): Invalidations {
  const hosts = [...urls.values()].map((url) => new URL(url).hostname);
  let known: readonly string[] | undefined;
  const distributionIds = async (): Promise<readonly string[]> => {
    known ??= await findDistributions(client, hosts);
    return known;
  };
  return {
    begin: (paths, reference) =>
      told(async () => {
        const ids = await distributionIds();
        return Promise.all(ids.map((id) => beginOne(client, id, { paths, reference })));
      }),
    state: ({ distributionId, invalidationId }) =>
      told(async () => {
        const command = new GetInvalidationCommand({
          DistributionId: distributionId,
          Id: invalidationId,
        });
        const { Invalidation } = await client.send(command);
        const isCompleted = Invalidation?.Status === 'Completed';
        return { distributionId, state: isCompleted ? 'completed' : 'in-progress' };
      }),
  };
}

async function beginOne(
  client: CloudFrontClient,
  distributionId: string,
  { paths, reference }: { readonly paths: readonly string[]; readonly reference: string },
): Promise<Invalidation> {
  const { Invalidation } = await client.send(
    new CreateInvalidationCommand({
      DistributionId: distributionId,
      InvalidationBatch: {
        CallerReference: reference,
        Paths: { Quantity: paths.length, Items: [...paths] },
      },
    }),
  );
  return { distributionId, invalidationId: Invalidation?.Id ?? '' };
}

async function findDistributions(
  client: CloudFrontClient,
  hosts: readonly string[],
): Promise<string[]> {
  const idByHost = new Map<string, string>();
  for await (const { DistributionList } of paginateListDistributions({ client }, {}))
    for (const { Id = '', Aliases } of DistributionList?.Items ?? [])
      for (const host of Aliases?.Items ?? []) idByHost.set(host, Id);
  const missing = hosts.filter((host) => !idByHost.has(host));
  if (missing.length > 0)
    throw new CdnError(
      'upstream-invalid',
      `CloudFront has no distribution for ${missing.join(', ')}`,
    );
  return [...new Set(hosts.flatMap((host) => idByHost.get(host) ?? []))];
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CdnError) throw cause;
    const { name, message } = cause as Error;
    throw new CdnError('upstream-invalid', `CloudFront: ${name}: ${message}`, { cause });
  }
}
