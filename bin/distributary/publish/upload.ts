import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { SHA256_METADATA } from '#protocol/title-catalog.ts';

export interface SourceFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface TargetObject {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** Files up to this size go in one request, larger ones in parts of it; that much is held in memory a part. */
const PART_BYTES = 16 * 2 ** 20;
const PARTS_AT_ONCE = 3;

/** SHA-256 of a file, in lower-case hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** The entity tag of the object when it is there already with this content and type. */
export async function findUploaded(
  client: S3Client,
  source: SourceFile,
  target: TargetObject,
): Promise<string | undefined> {
  try {
    const head = await client.send(
      new HeadObjectCommand({ Bucket: target.bucket, Key: target.key }),
    );
    const isSame =
      head.Metadata?.[SHA256_METADATA] === source.sha256 &&
      head.ContentLength === source.sizeBytes &&
      head.ContentType === target.contentType &&
      head.CacheControl === target.cacheControl;
    return isSame ? head.ETag : undefined;
  } catch (thrown) {
    if ((thrown as { name?: string }).name === 'NotFound') return undefined;
    throw thrown;
  }
}

/** Uploads a file with a checksum that S3 verifies, and returns the object's entity tag. */
export async function uploadFile(
  client: S3Client,
  source: SourceFile,
  target: TargetObject,
): Promise<string> {
  const body: ReadStream = createReadStream(source.path);
  const upload = new Upload({
    client,
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
    params: {
      Bucket: target.bucket,
      Key: target.key,
      Body: body,
      ContentType: target.contentType,
      CacheControl: target.cacheControl,
      ChecksumAlgorithm: 'SHA256',
      Metadata: { [SHA256_METADATA]: source.sha256 },
    },
  });
  try {
    const { ETag = '' } = await upload.done();
    return ETag;
  } finally {
    body.destroy();
  }
}
