import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Error } from './s3-error.ts';

/** A checksum that a client sent with a body, and that we keep and hand out again. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; with `-<parts>` behind it when it is one over the checksums of parts. */
  readonly value: string;
}

export type ChecksumAlgorithm = 'crc32' | 'sha1' | 'sha256';

/** A running checksum. */
export interface Digest {
  update(chunk: Buffer): void;
  /** Base64. */
  value(): string;
}

const FIELD_PREFIX = 'x-amz-checksum-';
/** Fields of the same prefix that hold no checksum. */
const SETTINGS = new Set([
  'x-amz-checksum-mode',
  'x-amz-checksum-algorithm',
  'x-amz-checksum-type',
]);

const digests: Readonly<Record<ChecksumAlgorithm, () => Digest>> = {
  crc32: () => new Crc32Digest(),
  sha1: () => hashDigest('sha1'),
  sha256: () => hashDigest('sha256'),
};

export const digestOf = (algorithm: ChecksumAlgorithm): Digest => digests[algorithm]();

export const checksumField = (algorithm: ChecksumAlgorithm): string => FIELD_PREFIX + algorithm;

/** The algorithm of a header or trailer field (name in lower case) that holds a checksum; undefined for other fields. @throws S3Error NotImplemented */
export function algorithmOfField(field: string): ChecksumAlgorithm | undefined {
  if (!field.startsWith(FIELD_PREFIX) || SETTINGS.has(field)) return undefined;
  return algorithmNamed(field.slice(FIELD_PREFIX.length));
}

/** @throws S3Error NotImplemented for CRC32C, CRC64NVME and what we never heard of: never accepted unchecked. */
export function algorithmNamed(name: string): ChecksumAlgorithm {
  const algorithm = name.toLowerCase();
  if (!Object.hasOwn(digests, algorithm)) {
    throw new S3Error('NotImplemented', 'This origin verifies CRC32, SHA1 and SHA256 checksums.');
  }
  return algorithm as ChecksumAlgorithm;
}

/** The checksum over the checksums of parts. Source: Amazon S3 User Guide, "Composite checksums". */
export function compositeChecksum(parts: readonly Checksum[]): Checksum | undefined {
  const algorithm = parts[0]?.algorithm;
  if (algorithm === undefined || parts.some((part) => part.algorithm !== algorithm))
    return undefined;
  const digest = digestOf(algorithm);
  for (const part of parts) digest.update(Buffer.from(part.value, 'base64'));
  return { algorithm, value: `${digest.value()}-${parts.length}` };
}

class Crc32Digest implements Digest {
  #state = 0;
  update(chunk: Buffer): void {
    this.#state = crc32(chunk, this.#state);
  }
  value(): string {
    const field = Buffer.alloc(4);
    field.writeUInt32BE(this.#state);
    return field.toString('base64');
  }
}

function hashDigest(name: 'sha1' | 'sha256'): Digest {
  const hash = createHash(name);
  return { update: (chunk) => void hash.update(chunk), value: () => hash.digest('base64') };
}
