import type { Milliseconds } from '#domain/units.ts';

export type Handler = (request: ServerRequest, reply: Reply) => Promise<void>;
export type Listen = (options: ListenOptions, handler: Handler) => Promise<HttpListener>;
export type Fields = Readonly<Record<string, string>>;
/** Of an answer: several values are as many lines. */
export type ReplyFields = Readonly<Record<string, string | string[]>>;

export type ListenOptions = ListenPlace & {
  /** A connection on which nothing moves for so long is cut: a slow reader, or a slow sender. 0: never. */
  readonly silenceMax: Milliseconds;
  /** Headers of the answers that we give before a request could be read. */
  readonly refusalHeaders?: Fields;
  /** Told of each request that could not be read, and of each HTTP/2 session that was ended for its flaws. */
  readonly onUnreadable?: () => void;
};

export type ListenPlace =
  | {
      readonly address: string;
      /** 0 takes any free port. */
      readonly port: number;
      /** With it TLS is spoken, and HTTP/2 to those that ask for it; else HTTP/1.1 in the clear. */
      readonly certificate?: ServerCertificate;
    }
  | {
      /** A socket of this machine, mode 660, for a web server in front of us, whose word on the client is taken. */
      readonly socketPath: string;
    };

/** What a TLS server shows. Both as PEM. */
export interface ServerCertificate {
  /** The server's own certificate first, then those between it and an authority that clients know. */
  readonly certificate: string;
  readonly privateKey: string;
}

export interface HttpListener {
  /** `http(s)://<address>:<port>`, the port that was really taken; of a socket `unix:<path>`. */
  readonly url: string;
  /** Open connections; one of HTTP/2 counts once for each of its streams. */
  connections(): number;
  /** Shows another certificate from the next connection on. */
  useCertificate(certificate: ServerCertificate): void;
  /** Accepts nothing new, lets what runs end, and cuts what has not ended within 1.2 s. */
  stop(): Promise<void>;
}

export interface ServerRequest {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  /** `1.0`, `1.1` or `2.0`. */
  readonly httpVersion: string;
  /** Names in lower case; repeated fields joined as Node joins them. Of HTTP/2 with its pseudo-header fields. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Name, value, name, value, … as they came. */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  /** 32 hex digits, where a web server in front of us has given the request an id. */
  readonly requestId?: string | undefined;
  /** The body as text. @throws CdnError `message-too-large` */
  readText(sizeBytesMax: number): Promise<string>;
}

/** The answer. After the client has gone every call does nothing and `write` says so; nothing ever throws. */
export interface Reply {
  readonly isGone: boolean;
  readonly isStarted: boolean;
  start(status: number, headers: ReplyFields): void;
  /** Resolves with true when `chunk` has been handed to the system and its buffer is free again; false: client gone. */
  write(chunk: Uint8Array): Promise<boolean>;
  end(text?: string): void;
  /** Cuts the connection (HTTP/2: the stream), so that the client sees that the answer is not whole. */
  cut(): void;
}
