import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './wire/s3-error.ts';

/** What a request is about: a bucket and, unless it is about the bucket itself, a key. */
export interface S3Request {
  readonly method: string;
  readonly bucketName: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The message itself, for its body. */
  readonly message: IncomingMessage;
}

const VIRTUAL_HOST = /^([a-z0-9-]+)\.s3\.[a-z0-9-]+\.amazonaws\.com(?::\d+)?$/;
/** Source: Amazon S3 User Guide, "Naming Amazon S3 objects". */
const KEY_BYTES_MAX = 1024;
/** Query parameters that ask for another resource than the object or the bucket itself; S3 passes over any that it does not know. */
const OTHER_RESOURCES = new Set(
  (
    'acl accelerate analytics attributes cors delete encryption inventory legal-hold lifecycle location logging metrics ' +
    'notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment ' +
    'restore retention select tagging torrent versionId versioning versions website'
  ).split(' '),
);

/** Reads both styles of address: `/<bucket>/<key>`, and `/<key>` on the host `<bucket>.s3.<region>.amazonaws.com`. @throws S3Error */
export function parseS3Request(message: IncomingMessage): S3Request {
  const { method = '', url = '', headers } = message;
  const [path = '', ...query] = url.split('?');
  const virtualBucket = VIRTUAL_HOST.exec(headers.host ?? '')?.[1];
  const [, bucketName = '', key = ''] =
    virtualBucket === undefined
      ? (/^\/([^/]*)\/?(.*)$/s.exec(path) ?? [])
      : ['', virtualBucket, path.slice(1)];
  const parameters = new URLSearchParams(query.join('?'));
  if ([...parameters.keys()].some((name) => OTHER_RESOURCES.has(name))) {
    throw new S3Error('NotImplemented');
  }
  return { method, bucketName, key: decodedKey(key), query: parameters, headers, message };
}

function decodedKey(encoded: string): string {
  let key: string;
  try {
    key = decodeURIComponent(encoded);
  } catch (cause) {
    throw new S3Error('InvalidURI', undefined, { cause });
  }
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw new S3Error('KeyTooLongError');
  return key;
}
