import { CdnError } from '#domain/errors.ts';
import type { PathwayId, SessionId, TitleId } from '#domain/ids.ts';
import { parseAddress, prefixAround } from '#domain/steering/ip-address.ts';
import {
  coversPath,
  type SessionClaims,
  signSessionToken,
  verifySessionToken,
} from '#domain/tokens/session-token.ts';
import { type EpochMs, epochMs } from '#domain/units.ts';
import type { KeyRing } from '../shared/secrets.ts';
import type { TitleRecord } from '../shared/stores/title-store.ts';

/** A playback session is its token: nothing of it is stored. */
export interface Session {
  readonly sessionId: SessionId;
  readonly token: string;
  readonly expiresAt: EpochMs;
}

export async function openSession(
  ring: KeyRing,
  options: {
    readonly sessionId: SessionId;
    readonly title: TitleRecord;
    readonly pathways: readonly PathwayId[];
    readonly issuer: string;
    readonly lifetimeSeconds: number;
    readonly now: EpochMs;
    /** Of the client, where its tokens are bound to its network. */
    readonly boundTo?: string;
  },
): Promise<Session> {
  const { sessionId, title, pathways, issuer, lifetimeSeconds, now } = options;
  const iat = Math.floor(now / 1000);
  const exp = iat + lifetimeSeconds + Math.ceil(title.durationSeconds);
  const net = options.boundTo === undefined ? undefined : networkOf(options.boundTo);
  const claims = {
    iss: issuer,
    sid: sessionId,
    iat,
    exp,
    p: [titlePrefix(title.titleId)],
    pw: pathways,
    ...(net === undefined ? {} : { net }),
  };
  return {
    sessionId,
    token: await signSessionToken(claims, ring.signingKey),
    expiresAt: epochMs(exp * 1000),
  };
}

/**
 * What a household or a company has: *assumption*. A narrower one would end sessions of clients that change their
 * address behind one router (RFC 8981), a wider one would let neighbors in.
 */
const NETWORK_LENGTHS = { 4: 24, 6: 48 } as const;

/** @throws CdnError `internal` for what is no address: a token that is not bound would be one for anybody. */
function networkOf(clientAddress: string): string {
  const address = parseAddress(clientAddress);
  if (!address) throw new CdnError('internal', 'the client has no address that a token could name');
  return prefixAround(address, NETWORK_LENGTHS);
}

/** @throws CdnError `session-ended` when it has expired, `token-scope` when it is for another title, else `token-…`. */
export async function requireSession(
  ring: KeyRing,
  options: {
    readonly token: string | null;
    readonly titleId: TitleId;
    readonly issuer: string;
    readonly now: EpochMs;
  },
): Promise<SessionClaims> {
  const { token, titleId, issuer, now } = options;
  const keys = ring.verificationKeys;
  const verdict = await verifySessionToken(token ?? '', { keys, issuer, now });
  if (!verdict.ok && verdict.refusal === 'token-expired') {
    throw new CdnError('session-ended', 'the session has ended: begin a new one');
  }
  if (!verdict.ok) throw new CdnError(verdict.refusal, 'the session is not a valid token');
  if (!coversPath(verdict.claims, titlePrefix(titleId))) {
    throw new CdnError('token-scope', `the session is not for the title ${titleId}`);
  }
  return verdict.claims;
}

export const titlePrefix = (titleId: TitleId): string => `/content/${titleId}/`;

/** Where a pathway has a title's files. */
export const titleUrl = (deliveryUrl: string, token: string, titleId: TitleId): string =>
  `${deliveryUrl.replace(/\/+$/, '')}/~${token}${titlePrefix(titleId)}`;
