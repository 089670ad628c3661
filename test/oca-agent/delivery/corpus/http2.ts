import {
  type FieldLines,
  FLAG,
  FRAME,
  frame,
  headerBlock,
  pingFrame,
  requestFrame,
  resetFrame,
  settingsFrame,
  uint32,
  windowUpdateFrame,
} from './http2-frames.ts';

/** What a hostile client sends on stream 1 of a new connection, after the preface and an empty SETTINGS. */
export interface Http2Probe {
  readonly name: string;
  readonly frames: (path: string) => Uint8Array;
  /**
   * - `refused`: no success; the stream is refused with a status or an error;
   * - `either`: it is answered, or refused as above;
   * - `ended`: the server ends the connection;
   * - `served`: with a success.
   */
  readonly outcome: 'refused' | 'either' | 'ended' | 'served';
}

export const requestFields = (path: string, ...more: FieldLines): FieldLines => [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'a'],
  [':path', path],
  ...more,
];

type Sent = readonly [name: string, frames: (path: string) => Uint8Array];
const probes = (outcome: Http2Probe['outcome'], sent: readonly Sent[]): Http2Probe[] =>
  sent.map(([name, frames]) => ({ name, outcome, frames }));

/** A request with these fields beside the usual ones. */
const withFields = (name: string, ...more: FieldLines): Sent => [
  name,
  (path) => requestFrame(1, requestFields(path, ...more)),
];
/** A request with exactly these fields. */
const exactly = (name: string, fields: (path: string) => FieldLines): Sent => [
  name,
  (path) => requestFrame(1, fields(path)),
];
const without = (name: string): Sent =>
  exactly(`no ${name}`, (path) => requestFields(path).filter(([field]) => field !== name));
const withValue = (what: string, name: string, value: string): Sent =>
  exactly(what, (path) =>
    requestFields(path).map(([field, usual]) => [field, field === name ? value : usual] as const),
  );
const times = (count: number, one: (index: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => one(index)));

/** Sources: RFC 9113 §8.1, §8.2, §8.3, §10.3; J. Kettle, "HTTP/2: The Sequel is Always Worse", 2021. */
const MALFORMED = probes('refused', [
  withFields('Transfer-Encoding', ['transfer-encoding', 'chunked']),
  withFields('Connection', ['connection', 'keep-alive']),
  withFields('an upgrade', ['upgrade', 'websocket']),
  withFields('a length without a body', ['content-length', '5']),
  withFields('two lengths', ['content-length', '0'], ['content-length', '5']),
  withFields('a name in capitals', ['Range', 'bytes=0-1']),
  withFields('a pseudo-header field after others', ['a', 'b'], [':path', '/health']),
  withFields('two paths', [':path', '/health']),
  withFields('two authorities', [':authority', 'b']),
  withFields('an unknown pseudo-header field', [':host', 'b']),
  withFields('another host than the authority', ['host', 'b']),
  withFields('two hosts', ['host', 'a'], ['host', 'b']),
  without(':method'),
  without(':scheme'),
  without(':path'),
  without(':authority'),
  withValue('an empty path', ':path', ''),
  withValue('an absolute path', ':path', 'https://evil.example/health'),
  withValue('a request line in a path', ':path', '/health HTTP/1.1\r\nHost: b\r\n\r\nGET /'),
  withValue('an asterisk for a path', ':path', '*'),
  withValue('a request line in a method', ':method', 'GET /health HTTP/1.1\r\nX: y'),
  withValue('a method of a smuggler', ':method', 'POST'),
  withValue('TRACE', ':method', 'TRACE'),
  withValue('a name of a user', ':authority', 'user:secret@a'),
  exactly('CONNECT', () => [
    [':method', 'CONNECT'],
    [':authority', 'evil.example:443'],
  ]),
  exactly('extended CONNECT', (path) => [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    ...requestFields(path).slice(1),
  ]),
  [
    'a body on GET that is longer than its length',
    (path) =>
      Buffer.concat([
        requestFrame(1, requestFields(path, ['content-length', '1']), FLAG.endHeaders),
        frame(FRAME.data, { flags: FLAG.endStream, stream: 1 }, Buffer.from('GET /')),
      ]),
  ],
  withFields(
    '70 fields',
    ...Array.from({ length: 70 }, (_, index) => [`x-${index}`, 'v'] as const),
  ),
  withFields('a field that is too long', ['a', 'b'.repeat(9000)]),
]);

/** Sources: RFC 9113 §4.2, §4.3, §5.1, §6, §10.5; CVE-2019-9511 to -9518, CVE-2023-44487, CVE-2024-27316, CVE-2025-8671. */
const HOSTILE = probes('ended', [
  ['HTTP/1.1 inside', () => Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  ['a frame that is too large', () => frame(FRAME.data, { stream: 1 }, Buffer.alloc(20_000))],
  [
    'a block that cannot be decoded',
    () =>
      frame(
        FRAME.headers,
        { flags: 5, stream: 1 },
        Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      ),
  ],
  ['HEADERS on stream 0', (path) => requestFrame(0, requestFields(path))],
  ['HEADERS on an even stream', (path) => requestFrame(2, requestFields(path))],
  ['DATA on an idle stream', () => frame(FRAME.data, { stream: 1 }, Buffer.from('a'))],
  ['a reset of an idle stream', () => resetFrame(1)],
  ['CONTINUATION out of turn', () => frame(FRAME.continuation, { flags: 4, stream: 1 })],
  [
    'PUSH_PROMISE from a client',
    () => frame(FRAME.pushPromise, { flags: 4, stream: 1 }, uint32(2)),
  ],
  [
    'padding longer than the frame',
    () => frame(FRAME.headers, { flags: 13, stream: 1 }, Buffer.from([200, 0x82])),
  ],
  ['SETTINGS of a wrong size', () => frame(FRAME.settings, {}, Buffer.alloc(5))],
  ['a window of 2^32 in SETTINGS', () => settingsFrame([4, 2 ** 32 - 1])],
  ['a PING of a wrong size', () => pingFrame(Buffer.alloc(7))],
  ['a window update of 0', () => windowUpdateFrame(0, 0)],
  ['a window that overflows', () => windowUpdateFrame(0, 2 ** 31 - 1)],
  [
    'a header section without end (CONTINUATION flood)',
    (path) =>
      Buffer.concat([
        requestFrame(1, requestFields(path), FLAG.endStream),
        times(10_000, (index) =>
          frame(FRAME.continuation, { stream: 1 }, headerBlock([[`x-${index}`, 'v']])),
        ),
      ]),
  ],
  ['a flood of PING', () => times(20_000, () => pingFrame())],
  ['a flood of SETTINGS', () => times(20_000, () => settingsFrame([3, 100]))],
  [
    'a flood of empty SETTINGS with 100 entries',
    () => times(1000, () => settingsFrame(...Array.from({ length: 100 }, () => [3, 100] as const))),
  ],
  [
    'a flood of PRIORITY',
    () =>
      times(20_000, (index) =>
        frame(FRAME.priority, { stream: 2 * index + 1 }, Buffer.from([0, 0, 0, 0, 16])),
      ),
  ],
  [
    'streams that are reset at once (rapid reset)',
    (path) =>
      times(5000, (index) =>
        Buffer.concat([
          requestFrame(2 * index + 1, requestFields(path)),
          resetFrame(2 * index + 1),
        ]),
      ),
  ],
  [
    'streams that the server is made to reset',
    (path) =>
      times(5000, (index) =>
        Buffer.concat([
          requestFrame(2 * index + 1, requestFields(path)),
          windowUpdateFrame(2 * index + 1, 0),
        ]),
      ),
  ],
  [
    'malformed requests without end',
    (path) =>
      times(5000, (index) =>
        requestFrame(2 * index + 1, requestFields(path, ['connection', 'close'])),
      ),
  ],
  [
    'more streams than are allowed, without end',
    (path) =>
      times(5000, (index) => requestFrame(2 * index + 1, requestFields(path), FLAG.endHeaders)),
  ],
]);

/** Fields that are none. nginx refuses the request, nghttp2 leaves out the field: nobody passes it on. */
const FIELDS = probes('either', [
  withFields('a line break in a value', ['a', 'b\r\ntransfer-encoding: chunked']),
  withFields('a NUL in a value', ['a', 'b\0c']),
  withFields('a line break in a name', ['a: b\r\ntransfer-encoding', 'chunked']),
  withFields('a colon in a name', ['a:b', 'c']),
  withFields('an empty name', ['', 'b']),
]);

/** What is odd and means no harm. */
const ODD = probes('served', [
  withFields('a host that is the authority', ['host', 'a']),
  exactly('a host and no authority', (path) => [
    ...requestFields(path).filter(([name]) => name !== ':authority'),
    ['host', 'a'],
  ]),
  withFields('trailers that are welcome', ['te', 'trailers']),
  [
    'a body of nothing',
    (path) =>
      Buffer.concat([
        requestFrame(1, requestFields(path), FLAG.endHeaders),
        frame(FRAME.data, { flags: FLAG.endStream, stream: 1 }),
      ]),
  ],
]);

export const HTTP2: readonly Http2Probe[] = [...MALFORMED, ...FIELDS, ...HOSTILE, ...ODD];
