/** Clients that take their time: `first` at once, and then one character of `drip` every second, from the start again. */
export interface SlowClient {
  readonly name: string;
  readonly first: string;
  readonly drip: string;
  /** `raw` speaks no TLS to a server of TLS. */
  readonly transport: 'http/1.1' | 'h2' | 'raw';
}

const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const EMPTY_SETTINGS = '\0\0\0\x04\0\0\0\0\0';
/** HEADERS on stream 1 without END_HEADERS, and of 1,000 bytes 1. */
const BEGUN_HEADERS = '\0\x03\xe8\x01\x01\0\0\0\x01\x82';

export const SLOW_CLIENTS: readonly SlowClient[] = [
  { name: 'nothing at all', first: '', drip: '', transport: 'http/1.1' },
  {
    name: 'a header without end (slowloris)',
    first: 'GET {path} HTTP/1.1\r\nHost: a\r\n',
    drip: 'X-a: b\r\n',
    transport: 'http/1.1',
  },
  { name: 'a request line without end', first: 'GET /', drip: 'a', transport: 'http/1.1' },
  {
    name: 'a body without end (R-U-Dead-Yet)',
    first: 'POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n',
    drip: 'a',
    transport: 'http/1.1',
  },
  {
    name: 'a chunk without end',
    first: 'GET {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n',
    drip: 'a',
    transport: 'http/1.1',
  },
  { name: 'no handshake', first: '', drip: '', transport: 'raw' },
  { name: 'a handshake without end', first: '\x16\x03\x01\x02\0', drip: '\x01', transport: 'raw' },
  { name: 'HTTP/2 without a preface', first: '', drip: '', transport: 'h2' },
  { name: 'a preface without end', first: HTTP2_PREFACE.slice(0, 8), drip: '', transport: 'h2' },
  {
    name: 'HTTP/2 without a request',
    first: HTTP2_PREFACE + EMPTY_SETTINGS,
    drip: '',
    transport: 'h2',
  },
  {
    name: 'a HEADERS frame without end',
    first: HTTP2_PREFACE + EMPTY_SETTINGS + BEGUN_HEADERS,
    drip: '\x84',
    transport: 'h2',
  },
];
