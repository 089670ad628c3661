import type { ServerResponse } from 'node:http';
import { formatListing, listObjects, parseListingQuery } from './list-objects.ts';
import { type ObjectCreated, objectCreated } from './object-created.ts';
import { readObject } from './read-object.ts';
import type { S3Request } from './s3-request.ts';
import type { Bucket } from './store/bucket.ts';
import type { MultipartUploads, UploadTarget } from './store/multipart-uploads.ts';
import type { ObjectStore } from './store/object-store.ts';
import type { StoredObject } from './store/stored-object.ts';
import { checksumField } from './wire/checksum.ts';
import { receiveText } from './wire/receive-body.ts';
import { S3Error } from './wire/s3-error.ts';
import {
  completeUpload,
  createUpload,
  formatCompletion,
  putObject,
  putPart,
} from './write-object.ts';

export interface OriginContext {
  readonly store: ObjectStore;
  readonly uploads: MultipartUploads;
  readonly onObjectCreated: (event: ObjectCreated) => void;
}

interface Occasion {
  readonly requestId: string;
  readonly nowMs: number;
}

type Operation = (
  context: OriginContext,
  request: S3Request,
  response: ServerResponse,
  occasion: Occasion,
) => Promise<void>;

/** Every operation that there is, by method, what it is about, and the query parameter that tells it from its neighbors. */
const operations: Readonly<Record<string, Operation>> = {
  'PUT bucket': createBucket,
  'HEAD bucket': headBucket,
  'GET bucket list-type': listBucket,
  'GET object': getObject,
  'HEAD object': getObject,
  'PUT object': storeObject,
  'DELETE object': deleteObject,
  'OPTIONS object': answerPreflight,
  'POST object uploads': beginUpload,
  'PUT object uploadId': storePart,
  'POST object uploadId': finishUpload,
  'DELETE object uploadId': abortUpload,
};
const SELECTORS = ['list-type', 'uploads', 'uploadId'];

/** Does what a request asks for, or refuses. @throws S3Error */
export const perform: Operation = (context, request, response, occasion) => {
  const selectors = SELECTORS.filter((name) => request.query.has(name));
  const resource = request.key === '' ? 'bucket' : 'object';
  const operation = operations[[request.method, resource, ...selectors].join(' ')];
  if (request.bucketName === '' || !operation) throw new S3Error('NotImplemented');
  return operation(context, request, response, occasion);
};

async function createBucket(
  { store }: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  const xml = await receiveText(request.message);
  const region = /<LocationConstraint>([a-z0-9-]+)<\/LocationConstraint>/.exec(xml)?.[1];
  await store.createBucket(request.bucketName, region ?? 'us-east-1');
  response.writeHead(200, { location: `/${request.bucketName}`, 'content-length': 0 }).end();
}

async function headBucket(
  { store }: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  const { region } = store.bucket(request.bucketName);
  response.writeHead(200, { 'x-amz-bucket-region': region }).end();
}

async function listBucket(
  { store }: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  if (request.query.get('list-type') !== '2') throw new S3Error('NotImplemented');
  const query = parseListingQuery(request.query);
  const bucket = store.bucket(request.bucketName);
  sendXml(response, formatListing(bucket.name, query, listObjects(bucket.list(), query)));
}

function getObject(
  { store }: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  return readObject(request, store.bucket(request.bucketName), response);
}

async function storeObject(
  context: OriginContext,
  request: S3Request,
  response: ServerResponse,
  occasion: Occasion,
): Promise<void> {
  const bucket = context.store.bucket(request.bucketName);
  const object = await putObject(request, bucket, occasion.nowMs);
  await announce(context, bucket, object, { ...occasion, reason: 'PutObject' });
  response.setHeader('etag', object.etag);
  if (object.checksum) {
    response.setHeader(checksumField(object.checksum.algorithm), object.checksum.value);
  }
  response.writeHead(200, { 'content-length': 0 }).end();
}

async function deleteObject(
  { store }: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  await store.delete(store.bucket(request.bucketName), request.key);
  response.writeHead(204).end();
}

/** No bucket here has a CORS configuration: the edge speaks to browsers. */
function answerPreflight(): Promise<void> {
  throw new S3Error('AccessForbidden');
}

async function beginUpload(
  { store, uploads }: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  sendXml(response, createUpload(request, store.bucket(request.bucketName), uploads));
}

async function storePart(
  context: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  await putPart(request, uploadTarget(context, request), context.uploads, response);
  response.writeHead(200, { 'content-length': 0 }).end();
}

async function finishUpload(
  context: OriginContext,
  request: S3Request,
  response: ServerResponse,
  occasion: Occasion,
): Promise<void> {
  const target = uploadTarget(context, request);
  const object = await completeUpload(request, target, context.uploads, occasion.nowMs);
  await announce(context, target.bucket, object, {
    ...occasion,
    reason: 'CompleteMultipartUpload',
  });
  sendXml(response, formatCompletion(target.bucket, object));
}

async function abortUpload(
  context: OriginContext,
  request: S3Request,
  response: ServerResponse,
): Promise<void> {
  await context.uploads.abort(uploadTarget(context, request));
  response.writeHead(204).end();
}

function uploadTarget({ store }: OriginContext, request: S3Request): UploadTarget {
  return {
    bucket: store.bucket(request.bucketName),
    key: request.key,
    uploadId: request.query.get('uploadId') ?? '',
  };
}

async function announce(
  { store, onObjectCreated }: OriginContext,
  bucket: Bucket,
  object: StoredObject,
  occasion: Occasion & Pick<ObjectCreated, 'reason'>,
): Promise<void> {
  await store.replicate(bucket, object);
  const { requestId, nowMs: createdAt, reason } = occasion;
  onObjectCreated(objectCreated(object, { bucketName: bucket.name, reason, requestId, createdAt }));
}

function sendXml(response: ServerResponse, xml: string): void {
  response
    .writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) })
    .end(xml);
}
