import { type Milliseconds, seconds } from '#domain/units.ts';
import { type CloudFrontUrls, cloudFrontUrls } from '../shared/cloudfront-urls.ts';
import { baseUrl, positiveInteger, truth } from '../shared/environment-reader.ts';
import type { Environment } from './environment.ts';

/** What the environment says, in our own words. */
export interface PlaybackSettings {
  readonly tokenIssuer: string;
  readonly tokenLifetimeSeconds: number;
  /** Whether a token is for the network of the client that asked for it, and for no other. */
  readonly isTokenBound: boolean;
  readonly ocaPathwaysMax: number;
  readonly steeringTtlSeconds: number;
  readonly lease: Milliseconds;
  readonly cloudFrontUrls: CloudFrontUrls;
  readonly playbackUrl: string;
  /** Absent: whoever asks may play. */
  readonly entitlement?: EntitlementSettings;
}

export interface EntitlementSettings {
  readonly jwksUrl: URL;
  readonly issuer: string;
  readonly audience: string;
}

/** @throws CdnError `config-invalid`. */
export function playbackSettings(environment: Environment): PlaybackSettings {
  const integer = (name: keyof Environment) => positiveInteger(name, environment[name]);
  const jwksUrl = environment.ENTITLEMENT_JWKS_URL;
  return {
    tokenIssuer: environment.TOKEN_ISSUER,
    tokenLifetimeSeconds: integer('TOKEN_LIFETIME_SECONDS'),
    isTokenBound: truth('TOKEN_BOUND_TO_NETWORK', environment.TOKEN_BOUND_TO_NETWORK),
    ocaPathwaysMax: integer('OCA_PATHWAYS_MAX'),
    steeringTtlSeconds: integer('STEERING_TTL_SECONDS'),
    lease: seconds(integer('REPORT_LEASE_SECONDS')),
    cloudFrontUrls: cloudFrontUrls('CLOUDFRONT_URLS', environment.CLOUDFRONT_URLS),
    playbackUrl: baseUrl('PLAYBACK_URL', environment.PLAYBACK_URL),
    ...(jwksUrl === ''
      ? {}
      : {
          entitlement: {
            jwksUrl: new URL(jwksUrl),
            issuer: environment.ENTITLEMENT_ISSUER,
            audience: environment.ENTITLEMENT_AUDIENCE,
          },
        }),
  };
}
