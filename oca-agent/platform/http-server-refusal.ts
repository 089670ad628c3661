import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Fields, ListenOptions } from './http-server.ts';

const statusOfUnreadable: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
/** What Node's parser and its timers say; a broken connection or handshake has other codes, and hears nothing. */
const UNREADABLE = /^(?:HPE_|ERR_HTTP_)/;

/** Answers a request of HTTP/1.1 that could not be read, and closes its connection. */
export function refuseUnreadable(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  { refusalHeaders = {}, onUnreadable }: ListenOptions,
): void {
  const { code = '' } = error;
  if (!UNREADABLE.test(code)) {
    socket.destroy();
    return;
  }
  onUnreadable?.();
  if (socket.writable) socket.end(refusal(statusOfUnreadable[code] ?? 400, refusalHeaders));
  else socket.destroy();
}

function refusal(status: number, headers: Fields): string {
  const fields = { ...headers, Connection: 'close', 'Content-Length': '0' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`;
}
