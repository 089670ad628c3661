import { get, type Probe, probes, SMUGGLED } from './probe.ts';

const CHUNKED = 'Transfer-Encoding: chunked';
const LAST_CHUNK = '0\r\n\r\n';
const length = (value: number | string) => `Content-Length: ${value}`;

/**
 * Requests that two servers may cut in different places. Sources: RFC 9112 §2.2, §5, §6.3, §7.1 and §11.2; J. Kettle, "HTTP Desync
 * Attacks", 2019, and "HTTP/1.1 must die", 2025; the variants of `Transfer-Encoding` after PortSwigger's http-request-smuggler.
 */
export const SMUGGLING: readonly Probe[] = [
  ...probes('refused', 400, [
    ['both lengths (CL.TE)', get(length(4), CHUNKED) + LAST_CHUNK + SMUGGLED],
    ['both lengths (TE.CL)', get(CHUNKED, length(4)) + LAST_CHUNK + SMUGGLED],
    ['a body on GET (CL.0)', get(length(SMUGGLED.length)) + SMUGGLED],
    ['a chunked body on GET', get(CHUNKED) + LAST_CHUNK + SMUGGLED],
    ['a length of 0 beside chunks (0.TE)', get(length(0), CHUNKED) + LAST_CHUNK + SMUGGLED],
    ['two lengths', `${get(length(3), length(5))}abc${SMUGGLED}`],
    ['two lengths in one field', `${get(length('3, 5'))}abc${SMUGGLED}`],
    ['the same length twice', `${get(length(3), length(3))}abc${SMUGGLED}`],
    ['a signed length', `${get(length('+3'))}abc${SMUGGLED}`],
    ['a negative length', get(length(-1)) + SMUGGLED],
    ['a length in hex', `${get(length('0x3'))}abc${SMUGGLED}`],
    ['a length with a point', `${get(length('3.0'))}abc${SMUGGLED}`],
    ['a length beyond 64 bits', get(length('18446744073709551617')) + SMUGGLED],
    ['a length of nothing', get(length('')) + SMUGGLED],
    ['a coding that is no token', get('Transfer-Encoding: \x0bchunked') + LAST_CHUNK + SMUGGLED],
    ['an unknown coding', get('Transfer-Encoding: xchunked') + LAST_CHUNK + SMUGGLED],
    ['chunked that is not last', get('Transfer-Encoding: chunked, identity') + SMUGGLED],
    ['chunked twice', get('Transfer-Encoding: chunked, chunked') + LAST_CHUNK + SMUGGLED],
    ['chunked in two fields', get(CHUNKED, CHUNKED) + LAST_CHUNK + SMUGGLED],
    ['chunked in a quoted string', get('Transfer-Encoding: "chunked"') + LAST_CHUNK + SMUGGLED],
    ['chunked in capitals', get('TRANSFER-ENCODING: CHUNKED') + LAST_CHUNK + SMUGGLED],
    ['chunked after a tab', get('Transfer-Encoding:\tchunked') + LAST_CHUNK + SMUGGLED],
    ['an empty coding', get('Transfer-Encoding:') + SMUGGLED],
    ['a space before the colon', get('Transfer-Encoding : chunked') + LAST_CHUNK + SMUGGLED],
    ['a tab before the colon', get('Content-Length\t: 3') + SMUGGLED],
    ['a field name with a space inside', get('Content Length: 3') + SMUGGLED],
    ['a field with no colon', get('Content-Length 3') + SMUGGLED],
    ['a field with no name', get(': 3') + SMUGGLED],
    ['a folded field', get('A: b\r\n c') + SMUGGLED],
    ['a folded coding', get('Transfer-Encoding:\r\n chunked') + LAST_CHUNK + SMUGGLED],
    ['a first field that is folded', `GET {path} HTTP/1.1\r\n Host: a\r\n\r\n${SMUGGLED}`],
    ['a NUL in a field', get('A: b\0c') + SMUGGLED],
    ['a NUL in a name', get('A\0: b') + SMUGGLED],
    ['a bare CR in a field', get('A: b\rContent-Length: 3') + SMUGGLED],
    ['a bare CR before the end', `GET {path} HTTP/1.1\r\nHost: a\r\rX: b\r\n\r\n${SMUGGLED}`],
    ['a delete character in a name', get('A\x7f: b') + SMUGGLED],
    ['a bare LF after a field', get('A: b\nContent-Length: 3') + SMUGGLED],
    ['bare LFs alone', `GET {path} HTTP/1.1\nHost: a\n\n${SMUGGLED}`],
    ['an upgrade to HTTP/2', get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c') + SMUGGLED],
    ['an upgrade to WebSocket', get('Connection: Upgrade', 'Upgrade: websocket') + SMUGGLED],
    [
      'a chunk extension that is long',
      `${get(CHUNKED)}1;${'a'.repeat(20_000)}\r\nx\r\n${LAST_CHUNK}${SMUGGLED}`,
    ],
    ['a chunk extension with a bare LF', `${get(CHUNKED)}1;a\nx\r\n${LAST_CHUNK}${SMUGGLED}`],
    ['a chunk size that is too large', `${get(CHUNKED)}ffffffffffffffffff\r\n${SMUGGLED}`],
    ['a signed chunk size', `${get(CHUNKED)}-1\r\n${SMUGGLED}`],
    ['a chunk size in 0x form', `${get(CHUNKED)}0x0\r\n\r\n${SMUGGLED}`],
    ['a chunk longer than its size', `${get(CHUNKED)}1\r\nxyz\r\n${LAST_CHUNK}${SMUGGLED}`],
    ['chunks that end in bare LFs', `${get(CHUNKED)}0\n\n${SMUGGLED}`],
    ['a smuggled length in a trailer', `${get(CHUNKED)}0\r\nContent-Length: 3\r\n\r\n${SMUGGLED}`],
  ]),
  ...probes('refused', 405, [
    [
      'a body on POST',
      `POST {path} HTTP/1.1\r\nHost: a\r\n${length(SMUGGLED.length)}\r\n\r\n${SMUGGLED}`,
    ],
    ['TRACE', `TRACE {path} HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
    ['DELETE', `DELETE {path} HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`],
  ]),
  ...probes('refused', 400, [
    ['an expectation on a body', `${get('Expect: 100-continue', length(3))}abc${SMUGGLED}`],
  ]),
];
