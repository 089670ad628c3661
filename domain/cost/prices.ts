import type { UsDollars } from '../units.ts';
import type { PriceStep } from './tiered-price.ts';

/** What the bill multiplies with: list prices of the deployment's account, in US dollars. A GB is 10^9 bytes. */
export interface Prices {
  readonly cloudFront: {
    readonly egress: readonly PriceStep[];
    readonly usdPer10000Requests: UsDollars;
    readonly usdPer10000ShieldRequests: UsDollars;
  };
  readonly edgeFunctions: FunctionPrices;
  readonly functions: FunctionPrices;
  readonly httpApi: { readonly usdPerMillionRequests: UsDollars };
  readonly s3: {
    readonly usdPerGigabyteMonth: UsDollars;
    readonly usdPer10000GetRequests: UsDollars;
    readonly usdPerReplicatedGigabyte: UsDollars;
  };
  readonly dynamoDb: { readonly usdPerMillionWriteUnits: UsDollars };
  readonly route53: {
    readonly usdPerZoneMonth: UsDollars;
    readonly usdPerHealthCheckMonth: UsDollars;
    /** HTTPS, the fast interval and measured latency are one feature each. */
    readonly usdPerHealthCheckFeatureMonth: UsDollars;
  };
  readonly cloudWatch: {
    readonly usdPerMetricMonth: UsDollars;
    readonly usdPerAlarmMonth: UsDollars;
    readonly usdPerCompositeAlarmMonth: UsDollars;
    readonly usdPerDashboardMonth: UsDollars;
    /** Taken in. */
    readonly usdPerLogGigabyte: UsDollars;
  };
  readonly xRay: { readonly usdPerMillionTraces: UsDollars };
  readonly secretsManager: { readonly usdPerSecretMonth: UsDollars };
  readonly kms: { readonly usdPerKeyMonth: UsDollars };
  readonly waf: {
    readonly usdPerWebAclMonth: UsDollars;
    readonly usdPerRuleMonth: UsDollars;
    readonly usdPerMillionRequests: UsDollars;
  };
  readonly ec2: {
    readonly usdPerEgressGigabyte: UsDollars;
    readonly usdPerHourByType: Readonly<Record<string, UsDollars>>;
  };
  readonly oca: { readonly usdPerOcaMonth: UsDollars };
}

interface FunctionPrices {
  readonly usdPerMillionInvocations: UsDollars;
  readonly usdPerGigabyteSecond: UsDollars;
}
