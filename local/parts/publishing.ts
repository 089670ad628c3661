import { S3Client } from '@aws-sdk/client-s3';
import type { TitleCatalog } from '#protocol/title-catalog.ts';
import type { Publication } from '../../bin/distributary/publish/publication.ts';
import { publishTitle } from '../../bin/distributary/publish/publish-title.ts';
import type { Config } from '../../lib/config/schema.ts';
import { bucketName } from '../../lib/names.ts';
import { type AddressPlan, urlOf } from '../ground/address-plan.ts';
import { localAws } from '../ground/aws-environment.ts';

/** Publishes to the primary content bucket, by the same code as `npx distributary publish`. */
export async function publishTitles(
  titles: readonly Publication[],
  { config, plan, now }: { config: Config; plan: AddressPlan; now: () => number },
): Promise<TitleCatalog[]> {
  // The primary origin stands in the control region: the configuration demands it.
  const region = config.regions.control;
  const { credentials } = localAws(plan, region);
  const client = new S3Client({
    endpoint: urlOf(plan.origin),
    region,
    credentials,
    forcePathStyle: true,
  });
  try {
    const bucket = bucketName(config, 'content', region);
    const catalogs: TitleCatalog[] = [];
    for (const title of titles)
      catalogs.push(await publishTitle(title, { client, bucket, now: now() }));
    return catalogs;
  } finally {
    client.destroy();
  }
}
