import { invariant } from '#domain/invariant.ts';

/**
 * An ETag in few bytes. S3's are MD5s, of one part or with the number of parts behind: 17 or 19 bytes for 34 or more
 * letters. Any other is kept as it is.
 *
 *     0, MD5 (16)          1, MD5 (16), parts (2)          2, length (1), UTF-8
 */
const MD5 = 0;
const MD5_OF_PARTS = 1;
const TEXT = 2;
const MD5_SHAPE = /^"([0-9a-f]{32})(?:-([1-9]\d{0,4}))?"$/;
const MD5_BYTES = 16;
const PARTS_MAX = 0xffff;

export function encodeEtag(etag: string): Buffer {
  const [, md5, parts] = MD5_SHAPE.exec(etag) ?? [];
  if (md5 === undefined || Number(parts ?? 0) > PARTS_MAX) return encodeText(etag);
  const encoded = Buffer.allocUnsafe(1 + MD5_BYTES + (parts === undefined ? 0 : 2));
  encoded[0] = parts === undefined ? MD5 : MD5_OF_PARTS;
  encoded.write(md5, 1, 'hex');
  if (parts !== undefined) encoded.writeUInt16LE(Number(parts), 1 + MD5_BYTES);
  return encoded;
}

/** The ETag that begins at `at`. */
export function decodeEtag(bytes: Buffer, at: number): string {
  const kind = bytes[at] as number;
  if (kind === TEXT) {
    const first = at + 2;
    return bytes.toString('utf8', first, first + (bytes[at + 1] as number));
  }
  const md5 = bytes.toString('hex', at + 1, at + 1 + MD5_BYTES);
  return kind === MD5 ? `"${md5}"` : `"${md5}-${bytes.readUInt16LE(at + 1 + MD5_BYTES)}"`;
}

/** How many bytes the ETag takes that begins at `at`. */
export function etagLength(bytes: Buffer, at: number): number {
  const kind = bytes[at] as number;
  if (kind === TEXT) return 2 + (bytes[at + 1] as number);
  return kind === MD5 ? 1 + MD5_BYTES : 3 + MD5_BYTES;
}

function encodeText(etag: string): Buffer {
  const text = Buffer.from(etag);
  invariant(text.length <= 0xff, 'an ETag takes no more than 255 bytes');
  return Buffer.concat([Buffer.from([TEXT, text.length]), text]);
}
