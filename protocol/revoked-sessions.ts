import type { EpochMs } from '#domain/units.ts';
import { type Decoder, integer, list, object, optional, text } from './decode.ts';
import { instant } from './fields.ts';

/** A session whose tokens open nothing any more: `PUT /v1/revoked-sessions/<sessionId>`. */
export interface RevokedSession {
  /** The `sid` of its tokens: a playback session's, or `oca:<ocaId>` for what an appliance fills with. */
  readonly sessionId: string;
  readonly revokedAt: EpochMs;
  /** When every token of it has expired, and the entry is dropped. */
  readonly expiresAt: EpochMs;
  /** For operators; appliances are not told it. */
  readonly reason?: string;
}

/** `GET /v1/revoked-sessions`. */
export interface RevokedSessionList {
  /** Differs whenever the list was changed: the mark in the answer to a report. */
  readonly revision: number;
  readonly sessions: readonly RevokedSession[];
}

/** Letters that stand in a path as they are. Source: RFC 3986, section 3.3. */
export const SESSION_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$/;

/**
 * As many as one list takes: 1 MB as JSON, for appliances, each time it changes. *Assumption:* whoever must revoke more
 * than that has lost a signing key, and rotates the keys instead.
 */
export const REVOKED_SESSIONS_MAX = 5_000;
/** A few more are read: two operators may fill the list in the same moment. */
const READ_MAX = 2 * REVOKED_SESSIONS_MAX;

export const revokedSession: Decoder<RevokedSession> = object({
  sessionId: text({ pattern: SESSION_ID_PATTERN }),
  revokedAt: instant,
  expiresAt: instant,
  reason: optional(text({ lengthMax: 256 })),
});

export const revokedSessionList: Decoder<RevokedSessionList> = object({
  revision: integer(),
  sessions: list(revokedSession, { lengthMax: READ_MAX }),
});
