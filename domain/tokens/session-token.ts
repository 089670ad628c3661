import type { ErrorCode } from '../errors.ts';
import type { PathwayId } from '../ids.ts';
import { covers, parseAddress, parsePrefix } from '../steering/ip-address.ts';
import { type EpochMs, epochMs } from '../units.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';

/**
 * The session token: a JWS in compact form (RFC 7515) signed with Ed25519 (RFC 8037). It travels in the path, so that
 * any player carries it to relative segment URLs, and is verified by this code at Lambda@Edge and on the OCA alike.
 * The signature is checked by WebCrypto, which Node 22, Node 24 and browsers all have without an import, or by a quicker
 * primitive that the caller brings: see {@link TokenKeys}.
 */
export interface SessionClaims {
  /** Who minted it; must equal the issuer that the verifier was told. */
  readonly iss: string;
  /** The playback session, or `oca:<ocaId>` for an appliance that fills. */
  readonly sid: string;
  /** Issued, and expires: seconds since the epoch, as RFC 7519 has it. */
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number;
  /** Path prefixes that it opens; each begins and ends with `/`. */
  readonly p: readonly string[];
  /** Pathways of the session, best first at the time of issue. */
  readonly pw?: readonly PathwayId[];
  /** The client's network, as CIDR: nobody else may use the token. Absent: whoever has it may. */
  readonly net?: string;
}

export type TokenRefusal = Extract<ErrorCode, `token-${string}`>;
export type TokenVerdict =
  | { ok: true; claims: SessionClaims }
  | { ok: false; refusal: TokenRefusal };

/** Whether `signature` is that of `data` under one Ed25519 key. */
export type SignatureCheck = (signature: Uint8Array, data: Uint8Array) => boolean;

/** Verification keys by `kid`: for WebCrypto, or each as the check that it makes where a synchronous one is at hand. */
export type TokenKeys = ReadonlyMap<string, CryptoKey | SignatureCheck>;

export interface TokenRules {
  readonly keys: TokenKeys;
  readonly issuer: string;
  readonly now: EpochMs;
}

/** A token is about 300 bytes; longer text is refused before any work is done on it. */
export const TOKEN_LENGTH_MAX = 1024;
/** Clocks of OCAs and edge locations may differ by this much. Assumption: NTP keeps them far closer. */
export const CLOCK_SKEW_SECONDS = 30;

/** Mints a token. `kid` must name the public half of `key` to the verifiers. */
export async function signSessionToken(
  claims: SessionClaims,
  key: { readonly kid: string; readonly privateKey: CryptoKey },
): Promise<string> {
  const header = encodeJson({ alg: 'EdDSA', kid: key.kid, typ: 'JWT' });
  const signingInput = `${header}.${encodeJson(claims)}`;
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, utf8(signingInput));
  return `${signingInput}.${encodeBase64Url(new Uint8Array(signature))}`;
}

/**
 * Says whether `token` is genuine and in force. It does not say what the token opens: see {@link coversPath}.
 * Unknown algorithms, `crit` headers and claims of the wrong shape fail closed.
 */
export async function verifySessionToken(token: string, rules: TokenRules): Promise<TokenVerdict> {
  if (token === '') return refuse('token-missing');
  const parts = token.length <= TOKEN_LENGTH_MAX ? token.split('.') : [];
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) return refuse('token-malformed');
  const kid = kidOf(decodeJson(header));
  const claims = claimsOf(decodeJson(payload));
  const signatureBytes = decodeBase64Url(signature);
  if (kid === undefined || !claims || !signatureBytes) return refuse('token-malformed');
  const key = rules.keys.get(kid);
  if (!key) return refuse('token-key-unknown');
  const signed = utf8(`${header}.${payload}`);
  const isGenuine =
    typeof key === 'function'
      ? key(signatureBytes, signed)
      : await crypto.subtle.verify('Ed25519', key, signatureBytes, signed);
  if (!isGenuine || claims.iss !== rules.issuer) return refuse('token-signature');
  return inForce(claims, rules.now);
}

/** Judges the times of claims whose signature was verified before: the cheap half, for a cache of verified tokens. */
export function inForce(claims: SessionClaims, now: EpochMs): TokenVerdict {
  if (now >= (claims.exp + CLOCK_SKEW_SECONDS) * 1000) return refuse('token-expired');
  const validFrom = claims.nbf ?? claims.iat;
  if (now < (validFrom - CLOCK_SKEW_SECONDS) * 1000) return refuse('token-not-yet-valid');
  return { ok: true, claims };
}

/** Whether the token opens `path`: a path that {@link ../delivery/path-grammar.ts} accepted, without the token. */
export const coversPath = (claims: SessionClaims, path: string): boolean =>
  claims.p.some((prefix) => path.startsWith(prefix));

/** Whether the token is for a client at `address`: IPv4-mapped IPv6 counts as IPv4, and what is no address as nobody's. */
export function isForClient({ net }: SessionClaims, address: string): boolean {
  if (net === undefined) return true;
  const [network, client] = [parsePrefix(net), parseAddress(address)];
  return network !== undefined && client !== undefined && covers(network, client);
}

export const tokenExpiresAt = (claims: SessionClaims): EpochMs => epochMs(claims.exp * 1000);

/** A verification key from its JWK. Source of the form: RFC 8037, section 2. */
export const importTokenKey = (x: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', x }, 'Ed25519', false, ['verify']);

const refuse = (refusal: TokenRefusal): TokenVerdict => ({ ok: false, refusal });
const utf8 = (text: string) => new TextEncoder().encode(text);
const encodeJson = (value: unknown) => encodeBase64Url(utf8(JSON.stringify(value)));

function decodeJson(text: string): unknown {
  const binary = decodeBase64Url(text);
  if (!binary) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(binary));
  } catch {
    return undefined;
  }
}

function kidOf(header: unknown): string | undefined {
  if (typeof header !== 'object' || header === null) return undefined;
  const { alg, kid, crit } = header as Record<string, unknown>;
  return alg === 'EdDSA' && typeof kid === 'string' && crit === undefined ? kid : undefined;
}

function claimsOf(payload: unknown): SessionClaims | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { iss, sid, iat, exp, nbf, p, pw, net } = payload as Record<string, unknown>;
  const hasTimes = isSeconds(iat) && isSeconds(exp) && (nbf === undefined || isSeconds(nbf));
  const hasNames = typeof iss === 'string' && typeof sid === 'string';
  const hasScope =
    isTextList(p) && p.every((prefix) => prefix.startsWith('/') && prefix.endsWith('/'));
  const hasPathways = pw === undefined || isTextList(pw);
  const hasNetwork =
    net === undefined || (typeof net === 'string' && parsePrefix(net) !== undefined);
  return hasTimes && hasNames && hasScope && hasPathways && hasNetwork
    ? (payload as SessionClaims)
    : undefined;
}

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value);
const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
