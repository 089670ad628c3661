import { z } from 'zod';

/** What of a request, apart from the path, tells two cached objects apart. Names in lower case, save query parameters. */
export type Selection =
  | { kind: 'none' }
  | { kind: 'all' }
  | { kind: 'listed'; names: readonly string[] }
  | { kind: 'all-but'; names: readonly string[] };

export interface CachePolicy {
  readonly minTtlSeconds: number;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly acceptsGzip: boolean;
  readonly acceptsBrotli: boolean;
  readonly queryParameters: Selection;
  readonly headers: Selection;
  readonly cookies: Selection;
}

const names = z.array(z.string());

/** CloudFormation's three spellings of one idea. */
function selection(behavior: string, listed: readonly string[] = []): Selection {
  if (behavior === 'none') return { kind: 'none' };
  if (behavior === 'whitelist') return { kind: 'listed', names: listed };
  return behavior === 'allExcept' ? { kind: 'all-but', names: listed } : { kind: 'all' };
}

const behaviorName = z.enum(['none', 'whitelist', 'allExcept', 'all']);
const queryParameters = z
  .strictObject({ QueryStringBehavior: behaviorName, QueryStrings: names.optional() })
  .transform((config) => selection(config.QueryStringBehavior, config.QueryStrings));
const headers = z
  .strictObject({ HeaderBehavior: z.enum(['none', 'whitelist']), Headers: names.optional() })
  .transform((config) =>
    selection(
      config.HeaderBehavior,
      config.Headers?.map((name) => name.toLowerCase()),
    ),
  );
const cookies = z
  .strictObject({ CookieBehavior: behaviorName, Cookies: names.optional() })
  .transform((config) => selection(config.CookieBehavior, config.Cookies));

/** `AWS::CloudFront::CachePolicy`, properties. */
export const cachePolicySchema = z
  .object({
    CachePolicyConfig: z.strictObject({
      Name: z.string(),
      Comment: z.string().optional(),
      MinTTL: z.number(),
      DefaultTTL: z.number(),
      MaxTTL: z.number(),
      ParametersInCacheKeyAndForwardedToOrigin: z.strictObject({
        EnableAcceptEncodingGzip: z.boolean(),
        EnableAcceptEncodingBrotli: z.boolean().default(false),
        QueryStringsConfig: queryParameters,
        HeadersConfig: headers,
        CookiesConfig: cookies,
      }),
    }),
  })
  .transform(({ CachePolicyConfig: config }): CachePolicy => {
    const key = config.ParametersInCacheKeyAndForwardedToOrigin;
    return {
      minTtlSeconds: config.MinTTL,
      defaultTtlSeconds: config.DefaultTTL,
      maxTtlSeconds: config.MaxTTL,
      acceptsGzip: key.EnableAcceptEncodingGzip,
      acceptsBrotli: key.EnableAcceptEncodingBrotli,
      queryParameters: key.QueryStringsConfig,
      headers: key.HeadersConfig,
      cookies: key.CookiesConfig,
    };
  });
