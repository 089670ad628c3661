import type { CloudFrontId, OcaId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { cloudFrontIds, cloudFrontOrder } from '#domain/steering/cloudfront-pathways.ts';
import { baseUrl } from './environment-reader.ts';

/** Where each distribution is reached, in the order of their numbers. */
export type CloudFrontUrls = ReadonlyMap<CloudFrontId, string>;

/** The distributions out of a variable: URLs with commas between them. @throws CdnError `config-invalid`. */
export function cloudFrontUrls(name: string, value: string): CloudFrontUrls {
  const texts = value.split(',');
  return new Map(
    cloudFrontIds(texts.length).map((id, index) => [id, baseUrl(name, texts[index] ?? '')]),
  );
}

/** The distribution that an appliance fetches from: appliances spread over all, and each stays with its own. */
export function cloudFrontUrlFor(ocaId: OcaId, urls: CloudFrontUrls): string {
  const [own = 'cloudfront'] = cloudFrontOrder(ocaId, urls.size);
  const url = urls.get(own);
  invariant(url !== undefined, `${own} has a URL`);
  return url;
}
