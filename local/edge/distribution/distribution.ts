import type { CachePolicy } from './cache-policy.ts';
import { matchesPathPattern } from './path-pattern.ts';
import type { ResponseHeadersPolicy } from './response-headers-policy.ts';

/** A CloudFront distribution, as far as this edge acts on it; all of it comes from the template. */
export interface Distribution {
  readonly id: string;
  /** In CloudFront's order, which is the template's. */
  readonly behaviors: readonly Behavior[];
  /** What applies where no pattern matches. */
  readonly defaultBehavior: Behavior;
  /** The path of the object that answers `/`, with its slash; undefined for none. */
  readonly defaultRootPath: string | undefined;
  /** Seconds for which an error of a status is kept; {@link ERROR_TTL_DEFAULT_SECONDS} for those not listed. */
  readonly errorTtlSecondsByStatus: ReadonlyMap<number, number>;
}

/** Source: Amazon CloudFront Developer Guide, "Control how long CloudFront caches errors", read 2026-11. */
export const ERROR_TTL_DEFAULT_SECONDS = 10;

export interface Behavior {
  readonly pathPattern: string;
  readonly allowedMethods: readonly string[];
  readonly cachedMethods: readonly string[];
  readonly isCompressing: boolean;
  readonly cachePolicy: CachePolicy;
  readonly responseHeadersPolicy?: ResponseHeadersPolicy;
  readonly functionByEvent: Readonly<Partial<Record<EdgeEventType, EdgeFunctionDefinition>>>;
  /** To be tried in this order. */
  readonly origins: readonly [Origin, ...Origin[]];
  /** Answers of an origin that make CloudFront try the next one. */
  readonly failoverStatuses: ReadonlySet<number>;
}

export type EdgeEventType =
  | 'viewer-request'
  | 'origin-request'
  | 'origin-response'
  | 'viewer-response';

/** A numbered version of a Lambda function that CloudFront replicates to its edge locations. */
export interface EdgeFunctionDefinition {
  readonly functionName: string;
  /** `<file without extension>.<export>` */
  readonly handler: string;
  readonly codeFolder: string;
  readonly timeoutSeconds: number;
  readonly memoryMiB: number;
}

/** An S3 bucket that is read with origin access control, that is: with signed requests. */
export interface Origin {
  readonly id: string;
  readonly domainName: string;
  readonly bucketName: string;
  readonly region: string;
  /** Put in front of every path; '' for nothing. */
  readonly path: string;
  /** The region of its origin shield; undefined for none. */
  readonly shieldRegion: string | undefined;
  readonly connectionAttempts: number;
  readonly connectionTimeoutSeconds: number;
  readonly customFields: Readonly<Record<string, string>>;
}

/** The first behavior whose pattern matches. The path is the viewer's own: functions run after this choice. */
export const behaviorFor = (distribution: Distribution, path: string): Behavior =>
  distribution.behaviors.find(({ pathPattern }) => matchesPathPattern(pathPattern, path)) ??
  distribution.defaultBehavior;
