import { awsRegion } from '../../lib/config/regions.ts';
import { schema } from '../../lib/config/schema.ts';
import { type Answers, answersSchema, asList, asNumber, DEFAULT_ANSWERS } from './answers.ts';
import type { Interview } from './interview.ts';
import { askSite } from './site-questions.ts';

const { shape } = answersSchema;

/** The whole interview: what a first deployment needs, and no more. */
export async function askAll(interview: Interview, known: Partial<Answers>): Promise<Answers> {
  const name =
    known.name ??
    (await interview.ask('A name for this configuration', shape.name, {
      initial: DEFAULT_ANSWERS.name,
    }));
  const account = known.account ?? (await interview.ask('AWS account id', shape.account));
  const prefix =
    known.prefix ??
    (await interview.ask('First part of every resource name', shape.prefix, {
      initial: DEFAULT_ANSWERS.prefix,
    }));
  return {
    name,
    account,
    prefix,
    ...(await askDomain(interview, known)),
    ...(await askRegions(interview, known)),
    ...(await askAccess(interview, known)),
    ...(await askAlarms(interview, known)),
    operator:
      known.operator ??
      (await interview.ask('Your name as the first operator, for a certificate', shape.operator, {
        initial: DEFAULT_ANSWERS.operator,
      })),
    ...(await askFirstSite(interview, known)),
  };
}

async function askDomain(interview: Interview, known: Partial<Answers>) {
  const domain =
    known.domain ??
    (await interview.ask('Domain below which all names lie (play.…, control.…)', shape.domain));
  const hostedZoneId =
    known.hostedZoneId ??
    (await interview.ask('Id of the Route 53 hosted zone that holds it', shape.hostedZoneId));
  const zoneName =
    known.zoneName ??
    (await interview.ask(
      'Name of that zone',
      schema.shape.domain.shape.name.refine(
        (zone) => domain === zone || domain.endsWith(`.${zone}`),
        { error: `the domain of a zone that holds ${domain}` },
      ),
      { initial: domain },
    ));
  return { domain, hostedZoneId, ...(zoneName === domain ? {} : { zoneName }) };
}

async function askRegions(interview: Interview, known: Partial<Answers>) {
  const preset =
    known.preset ??
    (await interview.choose(
      'Regions',
      [
        { value: 'one', label: 'one region', hint: 'cheapest; no failover' },
        { value: 'global', label: 'global', hint: 'three origins, six playback regions' },
      ],
      DEFAULT_ANSWERS.preset,
    ));
  const regions = awsRegion.options.map((value) => ({ value }));
  const region =
    known.region ??
    (await interview.choose('Primary origin and control plane', regions, DEFAULT_ANSWERS.region));
  return { preset, region };
}

async function askAccess(interview: Interview, known: Partial<Answers>) {
  const tokensRequired =
    known.tokensRequired ??
    (await interview.agree(
      'Shall media need a session token? (no: who knows a path may watch)',
      true,
    ));
  if (known.entitlement) return { tokensRequired, entitlement: known.entitlement };
  const field = shape.entitlement.unwrap().shape;
  const jwksUrl = await interview.askOptional(
    "JWKS URL of your viewers' JWTs (empty: anyone may play)",
    field.jwksUrl,
  );
  if (jwksUrl === undefined) return { tokensRequired };
  const issuer = await interview.ask('Their issuer', field.issuer, {
    initial: new URL(jwksUrl).origin,
  });
  const audience = await interview.ask('Their audience', field.audience, { initial: 'playback' });
  return { tokensRequired, entitlement: { jwksUrl, issuer, audience } };
}

async function askAlarms(interview: Interview, known: Partial<Answers>) {
  const recipients =
    known.recipients ??
    (await interview.ask('E-mail addresses for alarms, with commas', shape.recipients, {
      parse: asList,
    }));
  const monthlyBudgetUsd =
    known.monthlyBudgetUsd ??
    (await interview.askOptional(
      'Monthly budget in US dollars, for a warning',
      shape.monthlyBudgetUsd.unwrap(),
      asNumber,
    ));
  return { recipients, ...(monthlyBudgetUsd === undefined ? {} : { monthlyBudgetUsd }) };
}

async function askFirstSite(interview: Interview, known: Partial<Answers>) {
  if (known.site) return { site: known.site };
  const hasSite = await interview.agree('Is there a first site for OCAs already?', false);
  return hasSite ? { site: await askSite(interview) } : {};
}
