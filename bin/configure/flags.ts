import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { parseDocument } from 'yaml';
import { CdnError } from '#domain/errors.ts';

/** How the command was called. */
export interface Invocation {
  /** Answers by the names of the answers file; flags before the file. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Whether everything was said already: then nothing is asked. */
  readonly isScripted: boolean;
  readonly folder: string;
  readonly overwrite: boolean;
}

interface Flags {
  readonly answers?: string;
  readonly yes: boolean;
  readonly overwrite: boolean;
  readonly folder: string;
  readonly account?: string;
  readonly email?: string[];
  readonly tokens: boolean;
  readonly budget?: string;
  readonly entitlementJwks?: string;
  readonly entitlementIssuer?: string;
  readonly entitlementAudience?: string;
  readonly [answer: string]: unknown;
}

/** Flags whose names are those of the answers. */
const PLAIN = [
  'name',
  'account',
  'prefix',
  'domain',
  'hostedZoneId',
  'zoneName',
  'preset',
  'region',
  'operator',
] as const;

/** @throws CommanderError for a wrong call, CdnError `config-invalid` for a file of answers that cannot be read. */
export function readInvocation(argv: readonly string[]): Invocation {
  const flags = flagParser()
    .parse([...argv], { from: 'user' })
    .opts<Flags>();
  const file = flags.answers === undefined ? {} : readAnswersFile(flags.answers);
  return {
    given: { ...file, ...answersOf(flags) },
    isScripted: flags.yes || flags.answers !== undefined,
    folder: flags.folder,
    overwrite: flags.overwrite,
  };
}

const flagParser = (): Command =>
  new Command('npm run configure --')
    .description(
      'Asks what a first deployment needs; writes config/<name>.yaml, and its keys to config/<name>.secrets/.',
    )
    .option('--answers <file>', 'take the answers from this YAML file and ask nothing')
    .option('--yes', 'ask nothing: take defaults for what the flags do not say', false)
    .option('--overwrite', 'replace a configuration of that name; its secrets are kept', false)
    .option('--folder <folder>', 'where to write', 'config')
    .option('--name <name>', 'of the configuration (default: production)')
    .option('--account <id>', 'AWS account, 12 digits')
    .option('--prefix <prefix>', 'first part of resource names (default: distributary)')
    .option('--domain <name>', 'below which all names lie')
    .option('--hosted-zone-id <id>', 'the Route 53 zone that holds the domain')
    .option('--zone-name <name>', "the zone's own name (default: the domain)")
    .option('--preset <preset>', 'regions: one or global (default: one)')
    .option('--region <region>', 'primary origin and control plane (default: us-east-1)')
    .option('--email <address...>', 'who gets alarms (default: nobody)')
    .option('--no-tokens', 'serve media to anyone who knows a path')
    .option('--entitlement-jwks <url>', "JWKS of the viewers' JWTs (default: anyone may play)")
    .option('--entitlement-issuer <issuer>', 'their issuer')
    .option('--entitlement-audience <audience>', 'their audience')
    .option('--budget <usd>', 'monthly budget (default: none)')
    .option('--operator <name>', 'of the first certificate (default: admin)')
    .exitOverride();

function answersOf(flags: Flags): Record<string, unknown> {
  const { entitlementJwks, entitlementIssuer, entitlementAudience } = flags;
  return {
    ...Object.fromEntries(
      PLAIN.flatMap((key) => (flags[key] === undefined ? [] : [[key, flags[key]]])),
    ),
    ...(flags.email ? { recipients: flags.email } : {}),
    ...(flags.tokens ? {} : { tokensRequired: false }),
    ...(flags.budget === undefined ? {} : { monthlyBudgetUsd: Number(flags.budget) }),
    ...(entitlementJwks === undefined
      ? {}
      : {
          entitlement: {
            jwksUrl: entitlementJwks,
            issuer: entitlementIssuer,
            audience: entitlementAudience,
          },
        }),
  };
}

function readAnswersFile(file: string): Record<string, unknown> {
  const document = parseDocument(readAnswersText(file));
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CdnError('config-invalid', `${file} is not a YAML mapping of answers`);
  }
  return value as Record<string, unknown>;
}

function readAnswersText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new CdnError('config-invalid', `${file} cannot be read: ${reason}`, { cause });
  }
}
