import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { contentTypeOf, isPlaybackManifest } from '#domain/delivery/content-type.ts';
import { type AssetId, isTitleId } from '#domain/ids.ts';
import { invariant } from '#domain/invariant.ts';
import { bytes, epochMs } from '#domain/units.ts';
import { type Asset, assetKey, catalogKey, type TitleCatalog } from '#protocol/title-catalog.ts';
import type { Publication } from './publication.ts';
import { findUploaded, hashFile, type TargetObject, uploadFile } from './upload.ts';

/** Told after every file. */
export interface PublishProgress {
  readonly file: string;
  readonly outcome: 'uploaded' | 'unchanged';
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
}

export interface PublishOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly now: number;
  readonly onProgress?: (progress: PublishProgress) => void;
}

const FILES_AT_ONCE = 4;

/**
 * How long caches may keep a title's files without asking again. Media of a title may be replaced by a corrected
 * encode, and manifests sooner still; both are revalidated by entity tag. *Assumption*: a day and a minute.
 */
const MEDIA_CACHE_CONTROL = 'public, max-age=86400';
const MANIFEST_CACHE_CONTROL = 'public, max-age=60';

/**
 * Puts a title's files into the content bucket, those that are there already excepted, and its catalog last: the
 * catalog's creation is what makes the control plane take the title up, so it never sees half a title.
 */
export async function publishTitle(
  publication: Publication,
  options: PublishOptions,
): Promise<TitleCatalog> {
  const { titleId, name, credit, media } = publication;
  const assets: Asset[] = new Array(media.files.length);
  let filesDone = 0;
  let bytesDone = 0;
  await eachAtOnce(media.files, FILES_AT_ONCE, async (file, index) => {
    const { asset, outcome } = await publishFile(publication, file, options);
    assets[index] = asset;
    filesDone += 1;
    bytesDone += asset.sizeBytes;
    options.onProgress?.({ file, outcome, filesDone, filesTotal: media.files.length, bytesDone });
  });
  const catalog: TitleCatalog = {
    version: 1,
    titleId,
    name,
    durationSeconds: media.durationSeconds,
    publishedAt: epochMs(options.now),
    ...(media.dash === undefined ? {} : { dash: media.dash }),
    ...(media.hls === undefined ? {} : { hls: media.hls }),
    tracks: media.tracks,
    assets,
    ...(credit === undefined ? {} : { credit }),
  };
  await putCatalog(catalog, options);
  return catalog;
}

async function publishFile(
  { titleId, media }: Publication,
  file: string,
  { client, bucket }: PublishOptions,
): Promise<{ asset: Asset; outcome: PublishProgress['outcome'] }> {
  const path = join(media.folder, file);
  const { size } = await stat(path);
  const source = { path, sizeBytes: size, sha256: await hashFile(path) };
  const target: TargetObject = {
    bucket,
    key: assetKey(titleId, file),
    contentType: contentTypeOf(file),
    cacheControl: isPlaybackManifest(file) ? MANIFEST_CACHE_CONTROL : MEDIA_CACHE_CONTROL,
  };
  const present = await findUploaded(client, source, target);
  const etag = present ?? (await uploadFile(client, source, target));
  const asset: Asset = {
    assetId: source.sha256 as AssetId,
    file,
    sizeBytes: bytes(size),
    contentType: target.contentType,
    etag,
  };
  return { asset, outcome: present === undefined ? 'uploaded' : 'unchanged' };
}

async function putCatalog(
  catalog: TitleCatalog,
  { client, bucket }: PublishOptions,
): Promise<void> {
  invariant(isTitleId(catalog.titleId), 'the title id passed its grammar');
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: catalogKey(catalog.titleId),
      Body: JSON.stringify(catalog),
      ContentType: 'application/json',
      ChecksumAlgorithm: 'SHA256',
    }),
  );
}

/** Runs `act` for every item, at most `limit` at a time. After a failure no further item is begun. */
async function eachAtOnce<T>(
  items: readonly T[],
  limit: number,
  act: (item: T, index: number) => Promise<void>,
): Promise<void> {
  // All workers draw from one generator, and leaving a `for` loop by an exception closes it for the others too.
  const queue = entriesOf(items);
  const workers = Array.from({ length: limit }, async () => {
    for (const [index, item] of queue) await act(item, index);
  });
  const outcomes = await Promise.allSettled(workers);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}

function* entriesOf<T>(items: readonly T[]): Generator<[number, T]> {
  yield* items.entries();
}
