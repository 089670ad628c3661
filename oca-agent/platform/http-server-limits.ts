/** What one client may take. Source of the first four: research "appliance", section 4.2, each measured with a probe. */
export const HTTP1_LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 65_000,
  /** Handlers refuse those without: Node's own 400 is counted nowhere, and what follows it is still handled. */
  requireHostHeader: false,
} as const;

export const HEADERS_MAX = 64;
export const BACKLOG = 4096;

/** A TLS handshake takes no longer. As long as the headers of a request in the clear. */
export const HANDSHAKE_MS_MAX = HTTP1_LIMITS.headersTimeout;

/** Streams of a session. Clients may open so many before they have read our SETTINGS. Source: RFC 9113 §5.1.2, §6.5.2. */
const STREAMS_MAX = 100;

/**
 * Those of them that are answered at a time; the others wait their turn. Each holds a buffer of 512 KiB: 16 MiB a session, and more
 * than a player with many tracks asks for at once. *Assumption.*
 */
export const SERVED_STREAMS_MAX = 32;

/** The pseudo-header fields of a request come on top of the others. */
const PSEUDO_HEADERS = 4;

/**
 * Limits of a session. nghttp2 itself ends sessions that leave 1,000 acknowledgements unread or send a header block in more than
 * 8 frames. Bodies are not taken, so the window is the smallest that RFC 9113 §6.9.2 lets us begin with.
 */
export const HTTP2_LIMITS = {
  maxHeaderListPairs: HEADERS_MAX + PSEUDO_HEADERS,
  /** Megabytes of one session, what waits to be sent included. */
  maxSessionMemory: 32,
  maxSettings: 16,
  maxOutstandingSettings: 4,
  /** Frames that are not valid, and streams above those allowed, until the session is ended. */
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  /** Streams that the client opens and resets: so many at once, and so many a second. See {@link FAULTS}. */
  streamResetBurst: 200,
  streamResetRate: 33,
  settings: {
    maxConcurrentStreams: STREAMS_MAX,
    maxHeaderListSize: HTTP1_LIMITS.maxHeaderSize,
    initialWindowSize: 65_535,
    enableConnectProtocol: false,
  },
} as const;

/**
 * What costs us and brings a client nothing (SETTINGS, PING, PRIORITY, streams that ended in an error, whoever reset them): so many at
 * once, and so many a second. Sources: RFC 9113 §10.5; CVE-2019-9512, -9515, CVE-2023-44487, CVE-2025-8671. The figures are an *assumption*:
 * a player that seeks cancels a few streams a second.
 */
export const FAULTS = { burst: 200, perSecond: 20 } as const;

/** While stopping: idle connections are let go after this, all others after that. */
export const STOP_IDLE_AFTER_MS = 500;
export const STOP_ALL_AFTER_MS = 1200;
