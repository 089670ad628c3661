import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { decodeJson, describeFaults, type Fault } from '#protocol/decode.ts';
import { CATALOG_KEY_PATTERN, type TitleCatalog, titleCatalog } from '#protocol/title-catalog.ts';
import { type EventSender, eventSender } from '../shared/events.ts';
import type { Log } from '../shared/log.ts';
import { type TitleStore, titleStore } from '../shared/stores/title-store.ts';
import type { Environment } from './environment.ts';

export interface CatalogIngestDependencies {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly s3: S3Client;
  readonly eventBridge: EventBridgeClient;
  readonly environment: Environment;
  readonly log: Log;
}

/** What is read of S3's `Object Created` event. Source: S3 User Guide, "EventBridge event message structure". */
export interface CatalogCreated {
  readonly detail: {
    readonly bucket: { readonly name: string };
    readonly object: { readonly key: string };
  };
}

/**
 * Takes a title up when its catalog appears in the content bucket. A catalog that is absent or wrong is logged and
 * leaves everything as it was: asking again would not mend it. What may mend itself is thrown, so that Lambda retries.
 */
export function createCatalogIngest(
  dependencies: CatalogIngestDependencies,
): (event: CatalogCreated) => Promise<void> {
  const { dynamoDb, s3, eventBridge, environment, log } = dependencies;
  const titles: TitleStore = titleStore(dynamoDb, environment.TITLES_TABLE);
  const sendEvent: EventSender = eventSender(eventBridge, environment.EVENT_BUS_NAME);
  return async ({ detail }) => {
    const { key } = detail.object;
    const named = CATALOG_KEY_PATTERN.exec(key)?.[1];
    if (detail.bucket.name !== environment.CONTENT_BUCKET || named === undefined) {
      return log('warn', 'catalog.ignored', { bucket: detail.bucket.name, key });
    }
    const text = await readText(s3, environment.CONTENT_BUCKET, key);
    if (text === undefined) return log('error', 'catalog.absent', { key });
    const catalog = decodeJson(titleCatalog, text);
    const faults = catalog.ok ? catalogFaults(catalog.value, named) : catalog.faults;
    if (!catalog.ok || faults.length > 0) {
      return log('error', 'catalog.refused', { key, faults: describeFaults(faults) });
    }
    const { titleId, publishedAt, assets } = catalog.value;
    if (!(await titles.put(catalog.value))) {
      return log('warn', 'catalog.superseded', { titleId, publishedAt });
    }
    await sendEvent('Title Published', { titleId });
    log('info', 'catalog.ingested', { titleId, publishedAt, assets: assets.length });
  };
}

async function readText(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await object.Body?.transformToString();
  } catch (failure) {
    if (failure instanceof NoSuchKey) return undefined;
    throw failure;
  }
}

/** What the grammar of the message cannot say: that everything named is there. */
function catalogFaults(catalog: TitleCatalog, titleIdOfKey: string): Fault[] {
  const { titleId, dash, hls, tracks, assets } = catalog;
  const files = new Set(assets.map((asset) => asset.file));
  const named = [
    ...(dash === undefined ? [] : [{ path: 'dash', file: dash }]),
    ...(hls === undefined ? [] : [{ path: 'hls', file: hls }]),
    ...tracks.flatMap((track, index) =>
      track.files.map((file) => ({ path: `tracks[${index}].files`, file })),
    ),
  ];
  return [
    ...(titleId === titleIdOfKey
      ? []
      : [{ path: 'titleId', expected: `${titleIdOfKey}, as the key says`, found: titleId }]),
    ...(dash === undefined && hls === undefined
      ? [{ path: 'dash', expected: 'an MPD, or hls a playlist', found: 'neither' }]
      : []),
    ...(files.size === assets.length
      ? []
      : [{ path: 'assets', expected: 'every file once', found: 'one of them twice' }]),
    ...named
      .filter(({ file }) => !files.has(file))
      .map(({ path, file }) => ({
        path,
        expected: 'a file that is among the assets',
        found: file,
      })),
  ];
}
