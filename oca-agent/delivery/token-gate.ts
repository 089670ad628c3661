import type { Clock } from '#domain/clock.ts';
import {
  coversPath,
  inForce,
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
 * times and scope are judged on every request. Source: 14,473 verifications a second and core, research "appliance", 4.3.
 */
export class TokenGate {
  readonly #clock: Clock;
  readonly #genuine = new LruMap<string, SessionClaims>(TOKENS_MAX);
  #keys: TokenKeys = new Map();
  #issuer = '';

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

  async admit(token: string, path: string): Promise<GateVerdict> {
    const known = this.#genuine.get(token);
    const verdict = known
      ? inForce(known, this.#clock.now())
      : await verifySessionToken(token, {
          keys: this.#keys,
          issuer: this.#issuer,
          now: this.#clock.now(),
        });
    if (!verdict.ok) return verdict;
    if (!known) this.#genuine.set(token, verdict.claims);
    return coversPath(verdict.claims, path) ? verdict : { ok: false, refusal: 'token-scope' };
  }
}
