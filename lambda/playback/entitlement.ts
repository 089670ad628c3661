import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { CdnError } from '#domain/errors.ts';
import type { TitleId } from '#domain/ids.ts';
import { bearerToken } from '../shared/credentials.ts';
import type { HttpRequest } from '../shared/http.ts';
import type { Now } from '../shared/wall-clock.ts';
import type { EntitlementSettings } from './settings.ts';

/**
 * Throws unless the viewer may play the title: 401 without a genuine token of the streaming service, 403 when its
 * `titles` claim is there and does not name the title, 502 when the service's keys cannot be fetched.
 */
export type EntitlementCheck = (request: HttpRequest, titleId: TitleId) => Promise<void>;

export const everyoneMayPlay: EntitlementCheck = async () => {};

/** Signature algorithms that the streaming service may use: asymmetric ones alone. Source: RFC 7518, RFC 8037. */
const ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'];
const CLOCK_SKEW_SECONDS = 30;

export function entitlementCheck(settings: EntitlementSettings, clock: Now): EntitlementCheck {
  const keys = createRemoteJWKSet(settings.jwksUrl);
  return async (request, titleId) => {
    const token = bearerToken(request);
    if (token === undefined) {
      throw new CdnError('credential-missing', "expected the viewer's entitlement as a bearer JWT");
    }
    const verified = await jwtVerify(token, keys, {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_SKEW_SECONDS,
      currentDate: new Date(clock.now()),
    }).catch(refuse);
    if (!entitles(verified.payload, titleId)) {
      throw new CdnError('forbidden', `the entitlement does not cover the title ${titleId}`);
    }
  };
}

/** A token without `titles` entitles to everything; one with a claim of another shape, to nothing. */
function entitles(payload: JWTPayload, titleId: TitleId): boolean {
  const { titles } = payload;
  return titles === undefined || (Array.isArray(titles) && titles.includes(titleId));
}

function refuse(cause: unknown): never {
  const isAboutToken =
    cause instanceof errors.JOSEError &&
    !(cause instanceof errors.JWKSTimeout) &&
    !(cause instanceof errors.JWKSInvalid) &&
    cause.code !== 'ERR_JOSE_GENERIC';
  if (isAboutToken) {
    throw new CdnError('credential-invalid', 'the entitlement is not a valid token', { cause });
  }
  throw new CdnError('upstream-unreachable', "the entitlement's keys cannot be fetched", { cause });
}
