import { get, type Probe, probes, SMUGGLED } from './probe.ts';

const many = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `X-${index}: v`);

/** Request lines and field sections that are none, and those that are too much. Sources: RFC 9112 §3, §3.2; RFC 9110 §17. */
export const REQUESTS: readonly Probe[] = [
  ...probes('refused', 400, [
    ['two Host fields', `GET {path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${SMUGGLED}`],
    ['two Host fields that agree', `GET {path} HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['no Host field', `GET {path} HTTP/1.1\r\n\r\n${SMUGGLED}`],
    ['HTTP/2.0 in a request line', `GET {path} HTTP/2.0\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['HTTP/1.9', `GET {path} HTTP/1.9\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['HTTP/1.10', `GET {path} HTTP/1.10\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['http/1.1 in small letters', `GET {path} http/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['HTTP/0.9', `GET {path}\r\n\r\n${SMUGGLED}`],
    ['an absolute target', `GET http://evil.example{path} HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['an authority for a target', `GET evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['an asterisk for a target', `GET * HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['a tab before the target', `GET\t{path} HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['a space inside the target', `GET {path} x HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['a NUL inside the target', `GET {path}\0 HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['a bare LF inside the target', `GET {path}\nX: y HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['an unknown method', `BREW {path} HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['a method in small letters', `get {path} HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['CONNECT', `CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['bytes of no protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(64, '\xff')],
  ]),
  ...probes('either', 200, [
    ['another protocol', `GET {path} RTSP/1.0\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['a last request that is not', get('Connection: close') + SMUGGLED],
  ]),
  ...probes('served', 200, [
    [
      'two spaces before the target',
      'GET  {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ],
  ]),
  ...probes('refused', 431, [
    ['a field that is too long', get(`A: ${'b'.repeat(9000)}`)],
    ['a target that is too long', `GET /${'b'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a query that is too long', `GET {path}?${'b'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['fields that are too long together', get(...many(64).map((field) => field.padEnd(200, 'v')))],
    ['80 fields that hide a second Host', get(...many(80), 'Host: b')],
  ]),
];
