import { z } from 'zod';

/** One field that a policy sets, and whether it does so over one that the response has already. */
export interface PolicyField {
  readonly name: string;
  readonly value: string;
  readonly isOverride: boolean;
}

export interface CorsPolicy {
  readonly allowedOrigins: readonly string[];
  /** Fields of every answer to a cross-origin request. */
  readonly fields: readonly PolicyField[];
  /** Fields of the answer to a preflight request. */
  readonly preflightFields: readonly PolicyField[];
  readonly isOverride: boolean;
}

export interface ResponseHeadersPolicy {
  readonly fields: readonly PolicyField[];
  readonly cors?: CorsPolicy;
  /** Names in lower case. */
  readonly removed: readonly string[];
  /** How often, 0..100, `Server-Timing` is added; 0 for never. */
  readonly serverTimingPercent: number;
}

const list = z.strictObject({ Items: z.array(z.string()) }).transform(({ Items }) => Items);
const override = { Override: z.boolean() };

const corsSchema = z
  .strictObject({
    AccessControlAllowCredentials: z.boolean(),
    AccessControlAllowHeaders: list,
    AccessControlAllowMethods: list,
    AccessControlAllowOrigins: list,
    AccessControlExposeHeaders: list.optional(),
    AccessControlMaxAgeSec: z.number().optional(),
    OriginOverride: z.boolean(),
  })
  .transform((cors): CorsPolicy => {
    const isOverride = cors.OriginOverride;
    const field = (name: string, value: string | undefined): PolicyField[] =>
      value === undefined ? [] : [{ name, value, isOverride }];
    return {
      allowedOrigins: cors.AccessControlAllowOrigins,
      isOverride,
      fields: [
        ...field('access-control-expose-headers', cors.AccessControlExposeHeaders?.join(', ')),
        ...(cors.AccessControlAllowCredentials
          ? field('access-control-allow-credentials', 'true')
          : []),
      ],
      preflightFields: [
        ...field('access-control-allow-methods', methodList(cors.AccessControlAllowMethods)),
        ...field('access-control-allow-headers', cors.AccessControlAllowHeaders.join(', ')),
        ...field('access-control-max-age', cors.AccessControlMaxAgeSec?.toString()),
      ],
    };
  });

const ALL_METHODS = 'GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE';
const methodList = (methods: readonly string[]) =>
  methods.includes('ALL') ? ALL_METHODS : methods.join(', ');

const securitySchema = z
  .strictObject({
    ContentSecurityPolicy: z
      .strictObject({ ContentSecurityPolicy: z.string(), ...override })
      .optional(),
    ContentTypeOptions: z.strictObject(override).optional(),
    FrameOptions: z.strictObject({ FrameOption: z.string(), ...override }).optional(),
    ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), ...override }).optional(),
    StrictTransportSecurity: z
      .strictObject({
        AccessControlMaxAgeSec: z.number(),
        IncludeSubdomains: z.boolean().default(false),
        Preload: z.boolean().default(false),
        ...override,
      })
      .optional(),
  })
  .transform((security): PolicyField[] => {
    const field = (
      name: string,
      setting: { Override: boolean } | undefined,
      value: string | undefined,
    ): PolicyField[] =>
      setting && value !== undefined ? [{ name, value, isOverride: setting.Override }] : [];
    const csp = security.ContentSecurityPolicy;
    const hsts = security.StrictTransportSecurity;
    return [
      ...field('content-security-policy', csp, csp?.ContentSecurityPolicy),
      ...field('x-content-type-options', security.ContentTypeOptions, 'nosniff'),
      ...field('x-frame-options', security.FrameOptions, security.FrameOptions?.FrameOption),
      ...field('referrer-policy', security.ReferrerPolicy, security.ReferrerPolicy?.ReferrerPolicy),
      ...field(
        'strict-transport-security',
        hsts,
        hsts &&
          `max-age=${hsts.AccessControlMaxAgeSec}${hsts.IncludeSubdomains ? '; includeSubDomains' : ''}${hsts.Preload ? '; preload' : ''}`,
      ),
    ];
  });

const customSchema = z
  .strictObject({
    Items: z.array(z.strictObject({ Header: z.string(), Value: z.string(), ...override })),
  })
  .transform(({ Items }) =>
    Items.map(
      (item): PolicyField => ({
        name: item.Header.toLowerCase(),
        value: item.Value,
        isOverride: item.Override,
      }),
    ),
  );

/** `AWS::CloudFront::ResponseHeadersPolicy`, properties. */
export const responseHeadersPolicySchema = z
  .object({
    ResponseHeadersPolicyConfig: z.strictObject({
      Name: z.string(),
      Comment: z.string().optional(),
      CorsConfig: corsSchema.optional(),
      SecurityHeadersConfig: securitySchema.optional(),
      CustomHeadersConfig: customSchema.optional(),
      RemoveHeadersConfig: z
        .strictObject({ Items: z.array(z.strictObject({ Header: z.string() })) })
        .optional(),
      ServerTimingHeadersConfig: z
        .strictObject({ Enabled: z.boolean(), SamplingRate: z.number().default(0) })
        .optional(),
    }),
  })
  .transform(({ ResponseHeadersPolicyConfig: config }): ResponseHeadersPolicy => {
    const timing = config.ServerTimingHeadersConfig;
    return {
      fields: [...(config.SecurityHeadersConfig ?? []), ...(config.CustomHeadersConfig ?? [])],
      ...(config.CorsConfig && { cors: config.CorsConfig }),
      removed: (config.RemoveHeadersConfig?.Items ?? []).map(({ Header }) => Header.toLowerCase()),
      serverTimingPercent: timing?.Enabled ? timing.SamplingRate : 0,
    };
  });
