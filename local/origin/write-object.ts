import type { ServerResponse } from 'node:http';
import { DOMParser } from '@xmldom/xmldom';
import type { S3Request } from './s3-request.ts';
import type { Bucket, WriteCondition } from './store/bucket.ts';
import type { ListedPart, MultipartUploads, UploadTarget } from './store/multipart-uploads.ts';
import { keptFields, type StoredObject } from './store/stored-object.ts';
import { algorithmNamed, checksumField } from './wire/checksum.ts';
import { receiveBody, receiveText } from './wire/receive-body.ts';
import { S3Error } from './wire/s3-error.ts';
import { element, S3_NAMESPACE, xmlDocument } from './wire/xml.ts';

/** Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const PART_NUMBER_MAX = 10_000;

/** PutObject: the body to a file, checked, then the commit. Returns what was stored. @throws S3Error */
export async function putObject(
  request: S3Request,
  bucket: Bucket,
  nowMs: number,
): Promise<StoredObject> {
  if (request.headers['x-amz-copy-source'] !== undefined) throw new S3Error('NotImplemented');
  const condition = writeCondition(request);
  bucket.check(request.key, condition);
  const { body, file } = bucket.newBody();
  const { sizeBytes, md5, checksum } = await receiveBody(request.message, file);
  const object: StoredObject = {
    key: request.key,
    sizeBytes,
    etag: `"${md5.toString('hex')}"`,
    lastModifiedAt: Math.floor(nowMs / 1000) * 1000,
    fields: keptFields(request.headers),
    ...(checksum && { checksum }),
    body,
  };
  await bucket.commit(object, condition);
  return object;
}

/** CreateMultipartUpload. Only composite checksums are kept: one over the whole object is refused. @throws S3Error */
export function createUpload(
  request: S3Request,
  bucket: Bucket,
  uploads: MultipartUploads,
): string {
  const algorithm = request.headers['x-amz-checksum-algorithm'];
  if (typeof algorithm === 'string') algorithmNamed(algorithm);
  if (request.headers['x-amz-checksum-type'] === 'FULL_OBJECT') throw new S3Error('NotImplemented');
  const uploadId = uploads.create(bucket, request.key, keptFields(request.headers));
  return xmlDocument(
    element(
      'InitiateMultipartUploadResult',
      [element('Bucket', bucket.name), element('Key', request.key), element('UploadId', uploadId)],
      S3_NAMESPACE,
    ),
  );
}

/** UploadPart. @throws S3Error */
export async function putPart(
  request: S3Request,
  target: UploadTarget,
  uploads: MultipartUploads,
  response: ServerResponse,
): Promise<void> {
  const partNumber = Number(request.query.get('partNumber'));
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > PART_NUMBER_MAX) {
    throw new S3Error('InvalidArgument');
  }
  uploads.requireUpload(target);
  const { body, file } = target.bucket.newBody();
  const received = await receiveBody(request.message, file);
  await uploads.addPart(target, partNumber, { ...received, body, file });
  response.setHeader('etag', `"${received.md5.toString('hex')}"`);
  if (received.checksum) {
    response.setHeader(checksumField(received.checksum.algorithm), received.checksum.value);
  }
}

/** CompleteMultipartUpload. Returns what was stored. @throws S3Error */
export async function completeUpload(
  request: S3Request,
  target: UploadTarget,
  uploads: MultipartUploads,
  nowMs: number,
): Promise<StoredObject> {
  const condition = writeCondition(request);
  const listed = listedParts(await receiveText(request.message));
  target.bucket.check(target.key, condition);
  const object = await uploads.complete(target, listed, nowMs);
  await target.bucket.commit(object, condition);
  return object;
}

export const formatCompletion = (bucket: Bucket, object: StoredObject): string =>
  xmlDocument(
    element(
      'CompleteMultipartUploadResult',
      [
        element('Bucket', bucket.name),
        element('Key', object.key),
        element('ETag', object.etag),
        ...(object.checksum
          ? [
              element(`Checksum${object.checksum.algorithm.toUpperCase()}`, object.checksum.value),
              element('ChecksumType', 'COMPOSITE'),
            ]
          : []),
      ],
      S3_NAMESPACE,
    ),
  );

function writeCondition(request: S3Request): WriteCondition {
  return {
    ifMatch: request.headers['if-match'],
    ifNoneMatch: request.headers['if-none-match'],
  };
}

function listedParts(xml: string): ListedPart[] {
  const parts = [...parsedXml(xml).getElementsByTagName('Part')];
  return parts.map((part) => {
    const text = (name: string) => part.getElementsByTagName(name)[0]?.textContent ?? '';
    return { partNumber: Number(text('PartNumber')), etag: text('ETag') };
  });
}

function parsedXml(xml: string) {
  try {
    return new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml');
  } catch (cause) {
    throw new S3Error('MalformedXML', undefined, { cause });
  }
}
