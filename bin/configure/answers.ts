import { z } from 'zod';
import { isName, isOcaId, isSiteId } from '#domain/ids.ts';
import { isPublicIpv4 } from '#domain/steering/public-address.ts';
import type { ConfigFault } from '../../lib/config/faults.ts';
import { decimal, mapping, oneOf, pattern, text } from '../../lib/config/fields.ts';
import { faultsIn } from '../../lib/config/load-config.ts';
import { schema } from '../../lib/config/schema.ts';
import { site as siteField } from '../../lib/config/sites.ts';
import { REGION_PRESETS } from './region-presets.ts';

const { domain, regions, alarms, entitlement } = schema.shape;

/** A disk as it is asked for: `flash:7.68` or `hdd:20`, in TB. */
export const diskText = pattern(
  'a disk as tier:TB, e.g. flash:7.68 or hdd:20',
  /^(?:flash|hdd):(?:0\.)?\d{1,3}(?:\.\d{1,3})?$/,
);

/** Two disks may be alike, so this is no list of things that differ. */
const diskList = z
  .array(diskText, { error: 'a list of 1 to 64 disks' })
  .min(1, { error: 'a list of 1 to 64 disks' })
  .max(64, { error: 'a list of 1 to 64 disks' });

/** The first site, with one OCA or none yet. */
export const firstSite = mapping({
  siteId: text('a site id: 1 to 63 of a-z, 0-9 and -', isSiteId),
  name: siteField.shape.name,
  kind: oneOf(['isp', 'ixp', 'mec']),
  latitude: siteField.shape.location.shape.latitude,
  longitude: siteField.shape.location.shape.longitude,
  timeZone: siteField.shape.timeZone,
  footprint: siteField.shape.footprint,
  fillGbps: decimal('Gbit/s', { min: 0.001, max: 10_000 }),
  oca: mapping({
    ocaId: text('an OCA id: 1 to 63 of a-z, 0-9 and -', isOcaId),
    ipv4: text('a public IPv4 address', isPublicIpv4).optional(),
    disks: diskList,
  }).optional(),
});

/**
 * What `npm run configure` asks, as `--answers FILE` gives it. Each field is the configuration schema's own where there
 * is one, so an answer is refused for the same reason, in the same words, as the file would be.
 */
export const answersSchema = mapping({
  /** The file is `<name>.yaml`. */
  name: text('a name of 1 to 63 of a-z, 0-9 and -', isName),
  account: schema.shape.account,
  prefix: schema.shape.prefix,
  domain: domain.shape.name,
  hostedZoneId: domain.shape.hostedZoneId,
  zoneName: domain.shape.zoneName,
  preset: oneOf(REGION_PRESETS),
  /** The only region of the preset `one`, and the primary origin and control plane of `global`. */
  region: regions.shape.control,
  recipients: alarms.shape.recipients,
  tokensRequired: schema.shape.tokens.shape.required,
  entitlement,
  monthlyBudgetUsd: alarms.shape.monthlyBudgetUsd,
  /** Whom the first certificate speaks for. */
  operator: text('a name of 1 to 63 of a-z, 0-9 and -', isName),
  site: firstSite.optional(),
});

export type Answers = z.output<typeof answersSchema>;

/** What most first deployments answer. The rest has to be said. */
export const DEFAULT_ANSWERS = {
  name: 'production',
  prefix: 'distributary',
  preset: 'one',
  region: 'us-east-1',
  tokensRequired: true,
  operator: 'admin',
} as const satisfies Partial<Answers>;

/** The answers, or everything that is wrong with them. */
export function readAnswers(raw: unknown): { answers: Answers } | { faults: ConfigFault[] } {
  const { data, error } = answersSchema.safeParse(raw);
  return data ? { answers: data } : { faults: faultsIn(error, raw) };
}

/** What is wrong with one answer, in words; undefined when nothing is. */
export function complaint(field: z.ZodType, value: unknown): string | undefined {
  const { error } = field.safeParse(value);
  return error && `expected ${error.issues[0]?.message}`;
}

export const asNumber = (answer: string | undefined): number =>
  answer?.trim() ? Number(answer) : Number.NaN;

export const asList = (answer: string | undefined): string[] =>
  (answer ?? '').split(/[\s,]+/).filter((part) => part !== '');
