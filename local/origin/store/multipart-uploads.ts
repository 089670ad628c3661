import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Checksum, compositeChecksum } from '../wire/checksum.ts';
import type { ReceivedBody } from '../wire/receive-body.ts';
import { S3Error } from '../wire/s3-error.ts';
import type { Bucket } from './bucket.ts';
import type { StoredObject } from './stored-object.ts';

/** A part as the client lists it when it completes an upload. */
export interface ListedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** Which upload a request speaks of. */
export interface UploadTarget {
  readonly bucket: Bucket;
  readonly key: string;
  readonly uploadId: string;
}

interface Part extends ReceivedBody {
  readonly body: string;
  readonly file: string;
}

interface Upload {
  readonly bucket: Bucket;
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly partByNumber: Map<number, Part>;
}

/** Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const PART_SIZE_BYTES_MIN = 5 * 2 ** 20;

/** Uploads that were begun and are neither completed nor aborted. They live as long as this process. */
export class MultipartUploads {
  readonly #uploadById = new Map<string, Upload>();

  create(bucket: Bucket, key: string, fields: Readonly<Record<string, string>>): string {
    const uploadId = randomUUID();
    this.#uploadById.set(uploadId, { bucket, key, fields, partByNumber: new Map() });
    return uploadId;
  }

  /** Keeps a part; one of the same number that came before is dropped. @throws S3Error NoSuchUpload */
  async addPart(target: UploadTarget, partNumber: number, part: Part): Promise<void> {
    const { partByNumber } = this.#upload(target);
    const replaced = partByNumber.get(partNumber);
    partByNumber.set(partNumber, part);
    if (replaced) await target.bucket.discard(replaced.body);
  }

  /** @throws S3Error NoSuchUpload */
  requireUpload(target: UploadTarget): void {
    this.#upload(target);
  }

  /** Joins the listed parts into an object that is still to be committed, and forgets the upload. @throws S3Error */
  async complete(
    target: UploadTarget,
    listed: readonly ListedPart[],
    nowMs: number,
  ): Promise<StoredObject> {
    const upload = this.#upload(target);
    const parts = chosenParts(upload, listed);
    const { body, file } = upload.bucket.newBody();
    await pipeline(
      async function* joined() {
        for (const part of parts) yield* createReadStream(part.file);
      },
      createWriteStream(file, { flags: 'wx' }),
    );
    await this.abort(target);
    const md5 = createHash('md5').update(Buffer.concat(parts.map((part) => part.md5)));
    const checksum = checksumOf(parts);
    return {
      key: upload.key,
      sizeBytes: parts.reduce((total, part) => total + part.sizeBytes, 0),
      etag: `"${md5.digest('hex')}-${parts.length}"`,
      lastModifiedAt: Math.floor(nowMs / 1000) * 1000,
      fields: upload.fields,
      ...(checksum && { checksum }),
      body,
    };
  }

  /** Forgets an upload and its parts. @throws S3Error NoSuchUpload */
  async abort(target: UploadTarget): Promise<void> {
    const { partByNumber } = this.#upload(target);
    this.#uploadById.delete(target.uploadId);
    await Promise.all([...partByNumber.values()].map((part) => target.bucket.discard(part.body)));
  }

  #upload(target: UploadTarget): Upload {
    const upload = this.#uploadById.get(target.uploadId);
    if (upload?.key !== target.key || upload.bucket !== target.bucket)
      throw new S3Error('NoSuchUpload');
    return upload;
  }
}

function chosenParts(upload: Upload, listed: readonly ListedPart[]): Part[] {
  if (listed.length === 0) throw new S3Error('MalformedXML');
  return listed.map(({ partNumber, etag }, index) => {
    const isAscending = index === 0 || partNumber > (listed[index - 1]?.partNumber ?? 0);
    if (!isAscending) throw new S3Error('InvalidPartOrder');
    const part = upload.partByNumber.get(partNumber);
    if (part?.md5.toString('hex') !== etag.replaceAll('"', '')) throw new S3Error('InvalidPart');
    if (index < listed.length - 1 && part.sizeBytes < PART_SIZE_BYTES_MIN) {
      throw new S3Error('EntityTooSmall');
    }
    return part;
  });
}

function checksumOf(parts: readonly Part[]): Checksum | undefined {
  const checksums = parts.flatMap((part) => part.checksum ?? []);
  return checksums.length === parts.length ? compositeChecksum(checksums) : undefined;
}
