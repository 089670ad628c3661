import type { Checksum } from '../wire/checksum.ts';

/** All that is known of an object but its bytes. It is one JSON file beside them, and the object exists while that file does. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** In its quotes. The MD5 of the bytes, or `<MD5 of the parts' MD5s>-<parts>`. */
  readonly etag: string;
  /** Epoch milliseconds, whole seconds: S3 does not show more. */
  readonly lastModifiedAt: number;
  /** Fields to answer with, names in lower case: content-type, cache-control, x-amz-meta-… */
  readonly fields: Readonly<Record<string, string>>;
  readonly checksum?: Checksum;
  /** The name of the file that holds the bytes, in the bucket's `bodies` folder. */
  readonly body: string;
}

/** Fields of a PUT that S3 keeps and gives back. Source: S3 API Reference, PutObject, "System-defined object metadata". */
const KEPT_FIELDS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** What an object keeps of the header fields of the request that made it. */
export function keptFields(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    if (KEPT_FIELDS.includes(name) || name.startsWith('x-amz-meta-')) kept[name] = value;
  }
  const encodings = (kept['content-encoding'] ?? '').split(',').map((text) => text.trim());
  const own = encodings.filter((encoding) => encoding !== '' && encoding !== 'aws-chunked');
  delete kept['content-encoding'];
  return own.length === 0 ? kept : { ...kept, 'content-encoding': own.join(', ') };
}
