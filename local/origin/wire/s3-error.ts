import { element } from './xml.ts';

/** The refusals that this origin knows. Source: Amazon S3 API Reference, "Error responses", read 2026-11. */
const kinds = {
  AccessDenied: [403, 'Access Denied'],
  AccessForbidden: [403, 'CORSResponse: CORS is not enabled for this bucket.'],
  BadDigest: [400, 'A checksum that you specified did not match what we received.'],
  BucketAlreadyOwnedByYou: [409, 'The bucket exists and you own it.'],
  EntityTooSmall: [400, 'A part other than the last is smaller than 5 MiB.'],
  IncompleteBody: [400, 'The body is not of the announced length or framing.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The access key id that you provided does not exist in our records.'],
  InvalidArgument: [400, 'An argument is not valid.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidDigest: [400, 'A checksum that you specified is not valid.'],
  InvalidPart: [400, 'One or more of the specified parts could not be found or do not match.'],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.'],
  InvalidRange: [416, 'The requested range is not satisfiable.'],
  InvalidRequest: [400, 'The request is not valid.'],
  InvalidURI: [400, 'The URI could not be read.'],
  KeyTooLongError: [400, 'The key is longer than 1024 bytes.'],
  MalformedXML: [400, 'The XML that you provided was not well formed.'],
  MethodNotAllowed: [405, 'The method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length field.'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [404, 'The specified multipart upload does not exist.'],
  NotImplemented: [501, 'This origin does not implement what the request asks for.'],
  PreconditionFailed: [412, 'At least one of the preconditions did not hold.'],
  RequestTimeTooSkewed: [403, 'The time of the request differs too much from ours.'],
  SignatureDoesNotMatch: [403, 'The signature that we computed does not match yours.'],
  XAmzContentSHA256Mismatch: [400, 'The body does not match x-amz-content-sha256.'],
} as const satisfies Record<string, readonly [number, string]>;

export type S3ErrorCode = keyof typeof kinds;

/** A refusal in S3's own words. What it says reaches the client. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: S3ErrorCode;

  constructor(code: S3ErrorCode, message: string = kinds[code][1], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get status(): number {
    return kinds[this.code][0];
  }

  toXml(requestId: string): string {
    return element('Error', [
      element('Code', this.code),
      element('Message', this.message),
      element('RequestId', requestId),
    ]);
  }
}

/** What to tell a client about something thrown: anything but a refusal of ours is an `InternalError`. */
export const s3ErrorOf = (thrown: unknown): S3Error =>
  thrown instanceof S3Error ? thrown : new S3Error('InternalError', undefined, { cause: thrown });
