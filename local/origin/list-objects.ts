import type { StoredObject } from './store/stored-object.ts';
import { S3Error } from './wire/s3-error.ts';
import { element, S3_NAMESPACE, xmlDocument } from './wire/xml.ts';

/** One page of a listing. */
export interface Listing {
  readonly objects: readonly StoredObject[];
  /** Keys rolled up at the delimiter. */
  readonly commonPrefixes: readonly string[];
  readonly nextContinuationToken?: string;
}

export interface ListingQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what sorts after this key, and after all keys under this common prefix. */
  readonly after: string;
  readonly keysMax: number;
}

/** Source: S3 API Reference, ListObjectsV2. */
const KEYS_MAX = 1000;

/** Chooses a page from the objects of a bucket, which come in order. */
export function listObjects(objects: readonly StoredObject[], query: ListingQuery): Listing {
  const chosen: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  let last = query.after;
  for (const object of objects) {
    if (!object.key.startsWith(query.prefix) || isBehind(object.key, last, query)) continue;
    if (chosen.length + commonPrefixes.length === query.keysMax) {
      const nextContinuationToken = Buffer.from(last).toString('base64url');
      return { objects: chosen, commonPrefixes, nextContinuationToken };
    }
    const common = commonPrefixOf(object.key, query);
    if (common === undefined) chosen.push(object);
    else commonPrefixes.push(common);
    last = common ?? object.key;
  }
  return { objects: chosen, commonPrefixes };
}

/** @throws S3Error InvalidArgument */
export function parseListingQuery(query: URLSearchParams): ListingQuery {
  const token = query.get('continuation-token');
  const keysMax = query.get('max-keys') ?? String(KEYS_MAX);
  if (!/^\d{1,10}$/.test(keysMax)) throw new S3Error('InvalidArgument');
  if (query.has('encoding-type')) throw new S3Error('NotImplemented');
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after:
      token === null
        ? (query.get('start-after') ?? '')
        : Buffer.from(token, 'base64url').toString(),
    keysMax: Math.min(Number(keysMax), KEYS_MAX),
  };
}

export function formatListing(bucketName: string, query: ListingQuery, listing: Listing): string {
  const next = listing.nextContinuationToken;
  return xmlDocument(
    element(
      'ListBucketResult',
      [
        element('Name', bucketName),
        element('Prefix', query.prefix),
        ...(query.delimiter === '' ? [] : [element('Delimiter', query.delimiter)]),
        element('KeyCount', String(listing.objects.length + listing.commonPrefixes.length)),
        element('MaxKeys', String(query.keysMax)),
        element('IsTruncated', String(next !== undefined)),
        ...(next === undefined ? [] : [element('NextContinuationToken', next)]),
        ...listing.objects.map(formatObject),
        ...listing.commonPrefixes.map((prefix) =>
          element('CommonPrefixes', [element('Prefix', prefix)]),
        ),
      ],
      S3_NAMESPACE,
    ),
  );
}

const formatObject = (object: StoredObject): string =>
  element('Contents', [
    element('Key', object.key),
    element('LastModified', new Date(object.lastModifiedAt).toISOString()),
    element('ETag', object.etag),
    element('Size', String(object.sizeBytes)),
    element('StorageClass', 'STANDARD'),
  ]);

function commonPrefixOf(key: string, { prefix, delimiter }: ListingQuery): string | undefined {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** Whether a key was listed before `last`, or rolled up into it. */
function isBehind(key: string, last: string, { delimiter }: ListingQuery): boolean {
  if (last === '') return false;
  const isRolledUp = delimiter !== '' && last.endsWith(delimiter) && key.startsWith(last);
  return isRolledUp || Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0;
}
