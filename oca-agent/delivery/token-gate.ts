import type { Clock } from '#domain/clock.ts';
import {
  coversPath,
  inForce,
  isForClient,
  type SessionClaims,
  type TokenKeys,
  type TokenRefusal,
  verifySessionToken,
} from '#domain/tokens/session-token.ts';
import { LruMap } from './lru-map.ts';

export type GateVerdict =
  | { ok: true; claims: SessionClaims }
  | { ok: false; refusal: TokenRefusal };

/** Sessions that are remembered as genuine: about 1 kB each. */
const TOKENS_MAX = 50_000;

/**
 * Admits requests by their session token. A signature is checked once, as that costs as much as a hundred requests;
 * times, revocation and scope are judged on every request. Source: 14,473 verifications a second and core, research
 * "appliance", 4.3.
 */
export class TokenGate {
  readonly #clock: Clock;
  readonly #genuine = new LruMap<string, SessionClaims>(TOKENS_MAX);
  #keys: TokenKeys = new Map();
  #issuer = '';
  #revoked: ReadonlySet<string> = new Set();

  /**
   * A token has been verified, and is now remembered: what is kept for it elsewhere can be made. Called again for a
   * token that was forgotten in between: for room, for other keys, or as its session was revoked for a while.
   */
  onVerified: (token: string, claims: SessionClaims) => void = () => undefined;
  /** These sessions have become revoked: what is kept for their tokens elsewhere must go. Also at start, for all. */
  onRevoked: (sessionIds: readonly string[]) => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Without a key every token is refused. */
  get hasKeys(): boolean {
    return this.#keys.size > 0;
  }

  trust(keys: TokenKeys, issuer: string): void {
    this.#keys = keys;
    this.#issuer = issuer;
    this.#genuine.clear();
  }

  /** These sessions are revoked, and no others. */
  revoke(sessionIds: readonly string[]): void {
    const before = this.#revoked;
    this.#revoked = new Set(sessionIds);
    const added = sessionIds.filter((sessionId) => !before.has(sessionId));
    if (added.length > 0) this.onRevoked(added);
  }

  async admit(token: string, path: string, clientAddress: string): Promise<GateVerdict> {
    const verdict = await this.judge(token);
    if (!verdict.ok) return verdict;
    if (!isForClient(verdict.claims, clientAddress)) return { ok: false, refusal: 'token-network' };
    return coversPath(verdict.claims, path) ? verdict : { ok: false, refusal: 'token-scope' };
  }

  /** Whether a token is genuine, in force and not revoked, whatever it opens. */
  async judge(token: string): Promise<GateVerdict> {
    const known = this.#genuine.get(token);
    const verdict = known ? inForce(known, this.#clock.now()) : await this.#verify(token);
    if (!verdict.ok || !this.#revoked.has(verdict.claims.sid)) return verdict;
    this.forget(token);
    return { ok: false, refusal: 'token-revoked' };
  }
  /** Whether a token that was verified is for one network alone. */
  isBound(token: string): boolean {
    return this.#genuine.get(token)?.net !== undefined;
  }
  /** Verifies the token anew when it comes again, and says so by {@link onVerified}. */
  forget(token: string): void {
    this.#genuine.delete(token);
  }

  async #verify(token: string): Promise<GateVerdict> {
    const keys = this.#keys;
    const verdict = await verifySessionToken(token, {
      keys,
      issuer: this.#issuer,
      now: this.#clock.now(),
    });
    const isToBeKept = verdict.ok && keys === this.#keys && !this.#revoked.has(verdict.claims.sid);
    if (isToBeKept && !this.#genuine.get(token)) {
      this.#genuine.set(token, verdict.claims);
      this.onVerified(token, verdict.claims);
    }
    return verdict;
  }
}
