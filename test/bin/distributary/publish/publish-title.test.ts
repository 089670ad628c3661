import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { TitleId } from '#domain/ids.ts';
import { decodeJson } from '#protocol/decode.ts';
import { titleCatalog } from '#protocol/title-catalog.ts';
import { readMediaFolder } from '../../../../bin/distributary/publish/media-folder.ts';
import {
  type PublishProgress,
  publishTitle,
} from '../../../../bin/distributary/publish/publish-title.ts';
import { type RunningOrigin, startOrigin } from '../../../../local/origin/start-origin.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const BUCKET = 'content';
const MPD =
  '<MPD mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="1" codecs="avc1"><BaseURL>v.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>';
/** Larger than one part of an upload. */
const MEDIA = Buffer.alloc(20 * 2 ** 20, 'distributary');

let folder: string;
let media: string;
let origin: RunningOrigin;
let client: S3Client;
let createdKeys: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'publish-title-'));
  media = join(folder, 'media');
  mkdirSync(media);
  writeFileSync(join(media, 'manifest.mpd'), MPD);
  writeFileSync(join(media, 'v.mp4'), MEDIA);
  createdKeys = [];
  origin = await startOrigin({
    dataDirectory: join(folder, 'origin'),
    host: '127.0.0.1',
    port: 0,
    credentials,
    buckets: [{ name: BUCKET, region: 'us-east-1' }],
    onObjectCreated: ({ key }) => createdKeys.push(key),
  });
  client = new S3Client({
    endpoint: origin.url,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
});
afterEach(async () => {
  client.destroy();
  await origin.close();
  rmSync(folder, { recursive: true });
});

async function publish(bucket = BUCKET) {
  const progress: PublishProgress[] = [];
  const catalog = await publishTitle(
    { titleId: 'film' as TitleId, name: 'Film', credit: 'me', media: readMediaFolder(media) },
    { client, bucket, now: 1000, onProgress: (step) => progress.push(step) },
  );
  return { catalog, outcomes: progress.map(({ file, outcome }) => `${file} ${outcome}`).sort() };
}

test('a bucket that is not there fails, and no catalog is written', async () => {
  await expect(publish('other')).rejects.toThrow();
  expect(createdKeys).toEqual([]);
});

test('the catalog comes after the last file and says what S3 holds', async () => {
  const { catalog } = await publish();
  expect(createdKeys.at(-1)).toBe('catalog/film.json');
  expect(new Set(createdKeys.slice(0, -1))).toEqual(
    new Set(['content/film/manifest.mpd', 'content/film/v.mp4']),
  );
  const stored = await client.send(
    new GetObjectCommand({ Bucket: BUCKET, Key: 'catalog/film.json' }),
  );
  const text = (await stored.Body?.transformToString()) ?? '';
  expect(decodeJson(titleCatalog, text)).toEqual({ ok: true, value: catalog });
  const asset = catalog.assets.find(({ file }) => file === 'v.mp4');
  const head = await client.send(
    new HeadObjectCommand({ Bucket: BUCKET, Key: 'content/film/v.mp4' }),
  );
  expect(asset).toEqual({
    assetId: createHash('sha256').update(MEDIA).digest('hex'),
    file: 'v.mp4',
    sizeBytes: MEDIA.length,
    contentType: 'video/mp4',
    etag: head.ETag,
  });
  expect(head).toMatchObject({
    ContentLength: MEDIA.length,
    ContentType: 'video/mp4',
    CacheControl: 'public, max-age=86400',
    Metadata: { sha256: asset?.assetId },
  });
});

test('what is there already is not sent again; what changed is', async () => {
  const first = await publish();
  expect(first.outcomes).toEqual(['manifest.mpd uploaded', 'v.mp4 uploaded']);
  writeFileSync(join(media, 'manifest.mpd'), MPD.replace('PT2S', 'PT3S'));
  const second = await publish();
  expect(second.outcomes).toEqual(['manifest.mpd uploaded', 'v.mp4 unchanged']);
  expect(second.catalog.assets[1]).toEqual(first.catalog.assets[1]);
});
