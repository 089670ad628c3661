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

/** The client itself has said that its request is the last, and goes on. Its answer is none the worse for it. */
const AFTER_THE_LAST = 'HPE_CLOSED_CONNECTION';

/** What is known of one connection of HTTP/1.1. */
interface Connection {
  answersUnderWay: number;
  /** It closes after the answer that is under way. */
  isEnding: boolean;
  isWarned: boolean;
}

/**
 * Refuses what cannot be read. What comes after the last answer of a connection is not looked at, and no refusal is ever written
 * into the middle of an answer.
 */
export class Refusals {
  readonly #options: ListenOptions;
  readonly #connections = new WeakMap<Duplex, Connection>();

  constructor(options: ListenOptions) {
    this.#options = options;
  }

  of(socket: Duplex): Connection {
    const known = this.#connections.get(socket);
    if (known) return known;
    const connection = { answersUnderWay: 0, isEnding: false, isWarned: false };
    this.#connections.set(socket, connection);
    return connection;
  }

  /** Answers what could not be read, and closes its connection. */
  refuse({ code = '' }: Pick<NodeJS.ErrnoException, 'code'>, socket: Duplex): void {
    const connection = this.of(socket);
    const isUnreadable = UNREADABLE.test(code);
    if (code === AFTER_THE_LAST) connection.isEnding = true;
    if (connection.isEnding && isUnreadable) {
      cutTheSecondTime(connection, socket);
      return;
    }
    if (isUnreadable) this.#options.onUnreadable?.();
    if (!isUnreadable || connection.answersUnderWay > 0 || !socket.writable) {
      socket.destroy();
      return;
    }
    connection.isEnding = true;
    const { refusalHeaders = {} } = this.#options;
    socket.end(refusal(statusOfUnreadable[code] ?? 400, refusalHeaders));
  }
}

/** The last answer may still be on its way; a client that goes on and on does not read it. */
function cutTheSecondTime(connection: Connection, socket: Duplex): void {
  if (connection.isWarned) socket.destroy();
  connection.isWarned = true;
}

function refusal(status: number, headers: Fields): string {
  const fields = { ...headers, Connection: 'close', 'Content-Length': '0' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`;
}
