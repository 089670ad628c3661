/** Frames of HTTP/2 as bytes, well formed or not. Sources: RFC 9113 §4.1, §6; RFC 7541 §5.1, §5.2, §6.2.2. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Names and values, pseudo-header fields first; a character a byte. */
export type FieldLines = readonly (readonly [name: string, value: string])[];

export function frame(
  type: number,
  { flags = 0, stream = 0 }: { flags?: number; stream?: number },
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A request that ends with its header section, unless `flags` say otherwise. */
export const requestFrame = (
  stream: number,
  fields: FieldLines,
  flags: number = FLAG.endStream | FLAG.endHeaders,
): Buffer => frame(FRAME.headers, { flags, stream }, headerBlock(fields));

export const resetFrame = (stream: number, code = 8): Buffer =>
  frame(FRAME.reset, { stream }, uint32(code));

export const pingFrame = (payload = Buffer.alloc(8)): Buffer => frame(FRAME.ping, {}, payload);

export const windowUpdateFrame = (stream: number, increment: number): Buffer =>
  frame(FRAME.windowUpdate, { stream }, uint32(increment));

/** Each setting is an id and a value. */
export function settingsFrame(
  ...settings: readonly (readonly [id: number, value: number])[]
): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(FRAME.settings, {}, payload);
}

/** Literals without Huffman codes that leave the table as it is. */
export const headerBlock = (fields: FieldLines): Buffer =>
  Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), ...literal(name), ...literal(value)]),
  );

const literal = (text: string): Buffer[] => [prefixed(text.length), Buffer.from(text, 'latin1')];

/** An integer with a prefix of seven bits. */
function prefixed(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `:status`, which stands first in the answers of nghttp2 and nginx. */
export function statusOf(block: Buffer): number {
  // A change of the table's size may come before. Source: RFC 7541 §6.3.
  const from = block.findIndex((byte) => (byte & 0xe0) !== 0x20);
  const first = block[from] ?? 0;
  if ((first & 0x80) !== 0) return STATIC_STATUSES[(first & 0x7f) - 8] ?? 0;
  const size = block[from + 1] ?? 0;
  const value = block.subarray(from + 2, from + 2 + (size & 0x7f));
  return Number((size & 0x80) === 0 ? value.toString('latin1') : digitsOf(value));
}

/** Source: RFC 7541, appendix A, entries 8 to 14. */
const STATIC_STATUSES = [200, 204, 206, 304, 400, 404, 500];

/** Digits in Huffman codes: five bits for 0, 1 and 2, six for the others. Source: RFC 7541, appendix B. */
function digitsOf(value: Buffer): string {
  let bits = Array.from(value, (byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  while (digits.length < 3) {
    const short = Number.parseInt(bits.slice(0, 5), 2);
    const isShort = short <= 2;
    digits += isShort ? short : Number.parseInt(bits.slice(0, 6), 2) - 0x16;
    bits = bits.slice(isShort ? 5 : 6);
  }
  return digits;
}
