import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { decodeBase64Url } from '#domain/tokens/base64url.ts';
import { decimal, identity, listOf, mapping, pattern, text, whole } from './fields.ts';
import { prices } from './prices.ts';
import { regions } from './regions.ts';
import { site } from './sites.ts';

const DNS_NAME =
  /^(?=.{1,190}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;
const issuer = text(
  'an issuer of 1 to 256 characters',
  ({ length }) => length > 0 && length <= 256,
);
const httpsUrl = text('an https:// URL', (value) => URL.parse(value)?.protocol === 'https:');
const flag = z.boolean({ error: 'true or false' });
const share = decimal('parts of 1', { min: 0, max: 1 });

const publicKey = mapping({
  kid: pattern('a key id: 1 to 64 of A-Z, a-z, 0-9, . _ and -', /^[A-Za-z0-9._-]{1,64}$/),
  x: text(
    'an Ed25519 public key: 32 bytes in base64url',
    (value) => decodeBase64Url(value)?.length === 32,
  ),
});

/**
 * The configuration file. Every key is required unless it says `.optional()`: a default would hide a decision about
 * money, safety or geography. What each key means to an operator is told in `config/example.yaml`.
 */
export const schema = mapping({
  account: pattern('an AWS account id: 12 digits, in quotes', /^\d{12}$/),
  /** First part of every resource's name. S3 bucket names end at 63 characters, which leaves it 20. */
  prefix: pattern(
    'a prefix of 2 to 20 of a-z, 0-9 and -, beginning with a letter',
    /^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])$/,
  ),
  domain: mapping({
    name: pattern('a domain name in lower case', DNS_NAME),
    hostedZoneId: pattern('a Route 53 hosted zone id', /^Z[A-Z0-9]{6,31}$/),
    zoneName: pattern('a domain name in lower case', DNS_NAME).optional(),
    dnssec: flag.optional(),
  }),
  regions,
  tokens: mapping({
    issuer,
    lifetimeSeconds: whole('seconds', { min: 60, max: 604_800 }),
    required: flag,
    bindToNetwork: flag.optional(),
    publicKeys: listOf(publicKey, {
      min: 0,
      max: 8,
      keyOf: ({ kid }) => kid,
      of: 'keys',
    }).optional(),
  }),
  clients: mapping({
    /** Certificates that may sign those of OCAs and operators. API Gateway trusts them all. */
    authorities: listOf(text('a certificate of an authority, as PEM', isAuthority), {
      min: 1,
      max: 4,
      keyOf: identity,
      of: 'certificates',
    }),
    certificateDays: whole('days', { min: 1, max: 397 }),
  }),
  entitlement: mapping({ jwksUrl: httpsUrl, issuer, audience: issuer }).optional(),
  /** Source of the bounds: AWS::WAFv2::WebACL, RateBasedStatement. */
  waf: mapping({ requestsPerAddressMax: whole('requests', { min: 10, max: 2e9 }) }).optional(),
  playback: mapping({ ocaPathwaysMax: whole('OCAs', { min: 0, max: 8 }) }),
  steering: mapping({ ttlSeconds: whole('seconds', { min: 1, max: 300 }) }),
  health: mapping({
    reportIntervalSeconds: whole('seconds', { min: 1, max: 60 }),
    leaseSeconds: whole('seconds', { min: 2, max: 300 }),
  }),
  fill: mapping({
    planPollSeconds: whole('seconds', { min: 1, max: 3600 }),
    planLifetimeHours: whole('hours', { min: 1, max: 720 }),
    /** What a night may have to replace, of what an OCA's disks hold: every site's window must carry that. */
    nightlyChurnRatioMax: share,
    planAtUtc: pattern('a time HH:MM in UTC, in quotes', /^(?:[01]\d|2[0-3]):[0-5]\d$/),
  }),
  sites: listOf(site, { min: 0, max: 2000, keyOf: ({ siteId }) => siteId, of: 'sites' }),
  traffic: mapping({ cloudFrontPeakBitsPerSecond: decimal('bit/s', { min: 1e6, max: 1e15 }) }),
  metrics: mapping({
    namespace: pattern(
      'a CloudWatch namespace: 1 to 255 of A-Z, a-z, 0-9, . - _ / # :, not beginning with AWS/',
      /^(?!AWS\/|:)[A-Za-z0-9._/#:-]{1,255}$/,
    ),
    perOca: flag,
  }),
  alarms: mapping({
    recipients: listOf(z.email({ error: 'an e-mail address' }), {
      min: 0,
      max: 10,
      keyOf: identity,
      of: 'e-mail addresses',
    }),
    cacheHitRatioMin: share,
    originLatencyP95MaxMs: whole('ms', { min: 1, max: 30_000 }),
    clientErrorRatioMax: share,
    serverErrorRatioMax: share,
    bandwidthUtilizationMax: share,
    certificateDaysMin: whole('days', { min: 1, max: 396 }),
    runbookUrl: httpsUrl.optional(),
    monthlyBudgetUsd: decimal('US dollars', { min: 1, max: 1e9 }).optional(),
    requestsPerPeriodMin: whole('requests', { min: 0, max: 1e9 }),
  }),
  limits: mapping({
    distributionBitsPerSecond: decimal('bit/s', { min: 1e9, max: 1e15 }),
    apiRequestsPerSecond: whole('requests a second', { min: 100, max: 1e6 }),
  }),
  prices,
});

export type Config = z.output<typeof schema>;
export type ConfigKey = keyof Config;

/** A certificate that may sign others (RFC 5280, section 4.2.1.9). Whether it is still valid is not a matter of synthesis. */
function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}
