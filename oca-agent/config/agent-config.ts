import { posix } from 'node:path';
import { z } from 'zod';
import { CdnError } from '#domain/errors.ts';
import { DEFAULT_EVICTION_POLICY, EVICTION_POLICIES } from '#domain/eviction/policy.ts';
import type { DiskId, OcaId, SiteId } from '#domain/ids.ts';
import { isDiskId, isOcaId, isSiteId } from '#domain/ids.ts';
import { isPublicIpv4, isPublicIpv6 } from '#domain/steering/public-address.ts';
import { SURPRISE_SHARE_DEFAULT } from '#domain/topology/watermarks.ts';
import type { BitsPerSecond, Bytes } from '#domain/units.ts';
import type { OcaAddresses } from '#protocol/oca-addresses.ts';

/** The agent's configuration file. Unknown keys are refused; docs/install.md explains every field. */
const id = <T extends string>(accepts: (text: string) => text is T, expected: string) =>
  z.custom<T>((value) => typeof value === 'string' && accepts(value), `expected ${expected}`);
const label = 'a name: 1 to 63 of a-z, 0-9 and -';
const httpUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/, 'expected an http or https URL without a query')
  .transform((url) => url.replace(/\/+$/, ''));
/** In the clear on this machine alone: the control plane knows us by our certificate. */
const controlUrl = httpUrl.refine(
  (url) => url.startsWith('https:') || isLoopback(new URL(url).hostname),
  'expected an https URL',
);
const publicAddresses = z
  .strictObject({
    ipv4: z.string().refine(isPublicIpv4, 'expected a public IPv4 address').optional(),
    ipv6: z.string().refine(isPublicIpv6, 'expected a public IPv6 address').optional(),
  })
  .transform(({ ipv4, ipv6 }): OcaAddresses => ({ ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) }));
const path = z.string().startsWith('/', 'expected an absolute path');
const port = z.int().min(0).max(65_535);
const rate = z
  .number()
  .positive()
  .transform((value) => value as BitsPerSecond);

const disk = z.strictObject({
  diskId: id<DiskId>(isDiskId, label),
  tier: z.enum(['flash', 'hdd']),
  path,
  capacityBytes: z
    .int()
    .positive()
    .transform((value) => value as Bytes),
});

const planKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  alg: z.literal('EdDSA'),
  kid: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected an Ed25519 public key, base64url'),
  purpose: z.enum(['session-token', 'fill-plan']),
});

const disks = z
  .array(disk)
  .min(1)
  .max(128)
  .superRefine((members, context) => {
    for (const field of ['diskId', 'path'] as const) {
      const values = members.map((member) => member[field] as string);
      values.forEach((value, index) => {
        if (values.indexOf(value) < index)
          context.addIssue({
            code: 'custom',
            path: [index, field],
            message: `expected one disk for each ${field}`,
          });
      });
    }
    members.forEach(({ path: inner }, index) => {
      const outer = members.find((member) => isInside(inner, member.path));
      if (outer)
        context.addIssue({
          code: 'custom',
          path: [index, 'path'],
          message: `expected a folder outside of disk ${outer.diskId}`,
        });
    });
  });

/** PEM: what clients are shown. Absent: they are served in the clear. */
const tls = z.strictObject({ certificateFile: path, keyFile: path });

/** nginx serves hits. Absent: the agent serves them itself. */
const nginx = z.strictObject({
  binary: path.default('/usr/sbin/nginx'),
  /** Absent: as many as there are processors. */
  workers: z.int().min(1).max(512).optional(),
  /** In each worker, with a descriptor each. */
  openFilesMax: z.int().min(1).max(1_000_000).default(20_000),
});

const trustedPlanKeys = z
  .array(planKey)
  .max(16)
  .refine(
    (keys) => keys.some((key) => key.purpose === 'fill-plan'),
    'expected at least one key with the purpose "fill-plan"',
  );

const parity = z.strictObject({
  /** k: data files of a whole group, each on a disk of its own. */
  dataFiles: z.int().min(1).max(64).default(10),
  /** m: parity files of a group, on as many other disks. 0: parity is off. */
  parityFiles: z.int().min(0).max(8).default(2),
});

const schema = z
  .strictObject({
    ocaId: id<OcaId>(isOcaId, `${label}, not "cloudfront"`),
    siteId: id<SiteId>(isSiteId, label),
    controlUrl,
    /** PEM: the private key and the certificate that the control plane knows this OCA by. */
    identityFile: path,
    /** PEM: the authorities that may vouch for the control plane, instead of those that the system trusts. */
    controlCaFile: path.optional(),
    /** Where clients reach this OCA. */
    deliveryUrl: httpUrl,
    /** What its DNS name shall resolve to, unless the operator declared that for the site. */
    publicAddresses: publicAddresses.optional(),
    delivery: z.strictObject({
      address: z.string().min(1),
      port,
      /** Beyond these, new sessions get 429. Assumption: 1 GB of memory, research "appliance", section 1.4. */
      connectionsMax: z.int().positive().default(15_000),
      egressBitsPerSecondMax: rate.optional(),
      /** Memory for answers that are neither planned nor published by us. 0: none are kept. */
      httpCacheBytesMax: z
        .int()
        .min(0)
        .default(64 * 2 ** 20)
        .transform((value) => value as Bytes),
      nginx: nginx.optional(),
      tls: tls.optional(),
    }),
    management: z.strictObject({ address: z.string().min(1).default('127.0.0.1'), port }),
    stateDirectory: path,
    disks,
    /** Each disk's folder must be the root of a filesystem of its own. Off for folders on one machine. */
    requireMountPoints: z.boolean().default(true),
    /** A tree of links `<titleId>/<file>` to the assets, kept for a web server. Absent: none. */
    servingTree: path.optional(),
    /** The delivery log in `<stateDirectory>/delivery-log` takes no more than this. 0: none is kept. */
    deliveryLogBytesMax: z
      .int()
      .min(0)
      .default(2 ** 30)
      .transform((value) => value as Bytes),
    eviction: z
      .strictObject({
        policy: z.enum(EVICTION_POLICIES).default(DEFAULT_EVICTION_POLICY),
        /** The share of each disk that assets may fill which no plan wants. */
        surpriseShare: z.number().min(0).max(1).default(SURPRISE_SHARE_DEFAULT),
      })
      .prefault({}),
    /** Absent: 10 + 2 where there are at least 12 hdd disks, else off. */
    parity: parity.optional(),
    /** Moves between the tiers, repairs and updates of parity together use no more of each disk than this. */
    maintenanceBitsPerSecond: rate.default(400_000_000 as BitsPerSecond),
    /** Every byte is verified once in so many days. 0: never. Assumption: a month. */
    scrubPeriodDays: z.number().min(0).max(3650).default(30),
    /** What `smartctl` and `nvme` say of the disks, as the unit oca-health writes it. Absent: not looked at. */
    diskHealthFile: path.optional(),
    /** Only a plan that one of these has signed is followed. */
    trustedPlanKeys,
    tokens: z.enum(['required', 'off']).default('required'),
    /** Absent: as fast as it goes. */
    fillBitsPerSecond: rate.optional(),
    /** Transfers at a time. */
    fillTransfersMax: z.int().min(1).max(64).default(4),
  })
  .refine(({ deliveryUrl, delivery }) => !delivery.tls || deliveryUrl.startsWith('https:'), {
    path: ['deliveryUrl'],
    message: 'expected an https URL, because of delivery.tls',
  })
  .superRefine(({ parity: wanted, disks: members }, context) => {
    if (!wanted || wanted.parityFiles === 0) return;
    const hddDisks = members.filter(({ tier }) => tier === 'hdd').length;
    const { dataFiles, parityFiles } = wanted;
    if (dataFiles + parityFiles <= hddDisks) return;
    context.addIssue({
      code: 'custom',
      path: ['parity'],
      message: `${dataFiles} data files and ${parityFiles} parity files need ${dataFiles + parityFiles} hdd disks, there are ${hddDisks}`,
    });
  });

export type AgentConfig = Readonly<z.output<typeof schema>>;

/** @throws CdnError `config-invalid` with every fault, each with its place and what stood there. */
export function parseAgentConfig(jsonText: string): AgentConfig {
  const value = parseJson(jsonText);
  const parsed = schema.safeParse(value);
  if (parsed.success) return Object.freeze(parsed.data);
  const faults = parsed.error.issues.map((issue) => describeIssue(issue, value));
  throw new CdnError('config-invalid', faults.join('; '));
}

const isInside = (inner: string, outer: string): boolean =>
  inner !== outer && posix.normalize(`${inner}/`).startsWith(posix.normalize(`${outer}/`));

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

function parseJson(jsonText: string): unknown {
  try {
    return JSON.parse(jsonText);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new CdnError('config-invalid', `expected JSON: ${reason}`);
  }
}

function describeIssue(issue: z.core.$ZodIssue, whole: unknown): string {
  const place = issue.path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
  const what = issue.message.replace(/^Invalid \w+: |, received \w+$/g, '');
  if (issue.code === 'unrecognized_keys') return `${place || 'file'}: ${what}`;
  const found = issue.path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step],
    whole,
  );
  const shown = found === undefined ? 'nothing' : (JSON.stringify(found) ?? '').slice(0, 60);
  return `${place || 'file'}: ${what}, found ${shown}`;
}
