import type { StoredObject } from './store/stored-object.ts';

/** An object came to be, by a client's request; replicas are not told of. */
export interface ObjectCreated {
  readonly bucketName: string;
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes, as S3's events have it. */
  readonly etag: string;
  readonly reason: 'PutObject' | 'CompleteMultipartUpload';
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export const objectCreated = (
  object: StoredObject,
  context: Pick<ObjectCreated, 'bucketName' | 'reason' | 'requestId' | 'createdAt'>,
): ObjectCreated => ({
  ...context,
  key: object.key,
  sizeBytes: object.sizeBytes,
  etag: object.etag.replaceAll('"', ''),
});
