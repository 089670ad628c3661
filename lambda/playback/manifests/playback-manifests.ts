import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CdnError } from '#domain/errors.ts';
import { assetKey } from '#protocol/title-catalog.ts';
import type { TitleRecord } from '../../shared/stores/title-store.ts';

/** Reads a title's own MPD or multivariant playlist, parsed; parses again only when its ETag moved. */
export interface PlaybackManifestReader<T> {
  read(title: TitleRecord, file: string): Promise<T>;
}

/** Templates that one instance keeps. An MPD of a long title has some 100 KB. *Assumption.* */
const TEMPLATES_MAX = 500;

export function playbackManifestReader<T>(options: {
  readonly client: S3Client;
  readonly bucket: string;
  readonly parse: (text: string, file: string) => T;
}): PlaybackManifestReader<T> {
  const { client, bucket, parse } = options;
  const templates = new Map<string, { etag: string | undefined; template: T }>();
  return {
    async read(title, file) {
      const key = assetKey(title.titleId, file);
      const known = templates.get(key);
      const fetched = await fetchText(client, { bucket, key, etag: known?.etag });
      if (known && fetched === 'not-modified') return known.template;
      if (fetched === 'not-modified') throw new CdnError('upstream-invalid', `S3 sent no ${file}`);
      const template = parse(fetched.text, file);
      if (templates.size >= TEMPLATES_MAX) templates.clear();
      templates.set(key, { etag: fetched.etag, template });
      return template;
    },
  };
}

async function fetchText(
  client: S3Client,
  { bucket, key, etag }: { bucket: string; key: string; etag: string | undefined },
): Promise<'not-modified' | { text: string; etag: string | undefined }> {
  try {
    const object = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, ...(etag && { IfNoneMatch: etag }) }),
    );
    return { text: (await object.Body?.transformToString()) ?? '', etag: object.ETag };
  } catch (failure) {
    const status = (failure as { $metadata?: { httpStatusCode?: number } }).$metadata
      ?.httpStatusCode;
    if (status === 304) return 'not-modified';
    if (status === 404) {
      throw new CdnError('asset-not-found', `the title lacks its own ${key}`, { cause: failure });
    }
    throw new CdnError('upstream-unreachable', `S3 did not give ${key}`, { cause: failure });
  }
}
