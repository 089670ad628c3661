import { CdnError } from '#domain/errors.ts';
import { isTimeZone } from '#domain/fill/fill-window.ts';
import { parsePrefix } from '#domain/steering/ip-address.ts';
import { describeFaults, type Fault } from '#protocol/decode.ts';
import { type Site, site as siteDecoder } from '#protocol/site.ts';
import { requireOperator } from '../shared/caller.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import { siteOfOca } from '../shared/stores/fleet-store.ts';
import type { ControlContext } from './context.ts';
import { requireSame } from './registration-answer.ts';

/** A DynamoDB item may have 400 KB; this much is some 12,000 prefixes. Source: DynamoDB service quotas. */
const SITE_BYTES_MAX = 256 * 1024;

/** `GET /v1/sites`. */
export async function sitesAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  return jsonAnswer(200, { sites: await context.fleet.sites() });
}

/** `GET /v1/sites/{siteId}`. */
export async function siteAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  const { siteId } = request.parameters;
  const site = (await context.fleet.sites()).find((candidate) => candidate.siteId === siteId);
  if (!site) throw new CdnError('site-not-found', `no site ${siteId} is declared`);
  return jsonAnswer(200, site);
}

/** `PUT /v1/sites/{siteId}`: declares a site, or replaces its declaration; OCAs that enrolled themselves stay. */
export async function declareSiteAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  const declared = decodeBody(request, siteDecoder, SITE_BYTES_MAX);
  requireSame('siteId', request.parameters.siteId ?? '', declared.siteId);
  const faults = siteFaults(declared, await context.fleet.sites());
  if (faults.length > 0) throw new CdnError('message-invalid', describeFaults(faults));
  const site = await context.fleet.changeSite(declared.siteId, (stored) =>
    withEnrolled(declared, stored?.ocas),
  );
  await context.sendEvent('OCA Addresses Changed', { siteId: site.siteId });
  return jsonAnswer(200, site);
}

/** The operator's own word on an OCA counts before what it enrolled as. */
function withEnrolled(declared: Site, stored: Site['ocas'] = []): Site {
  const named = new Set(declared.ocas.map((oca) => oca.ocaId));
  const enrolled = stored.filter((oca) => oca.enrolledFrom && !named.has(oca.ocaId));
  return { ...declared, ocas: [...declared.ocas, ...enrolled] };
}

/** What the grammar of the message cannot say. */
function siteFaults(declared: Site, sites: readonly Site[]): Fault[] {
  const elsewhere = siteOfOca(sites.filter((site) => site.siteId !== declared.siteId));
  const ocaIds = declared.ocas.map((oca) => oca.ocaId);
  return [
    ...declared.footprint.flatMap((prefix, index) =>
      faultUnless(parsePrefix(prefix) !== undefined, {
        path: `footprint[${index}]`,
        expected: 'an IPv4 or IPv6 prefix in CIDR form with no host bits set',
        found: prefix,
      }),
    ),
    ...faultUnless(isTimeZone(declared.timeZone), {
      path: 'timeZone',
      expected: 'an IANA time zone, e.g. Europe/Berlin',
      found: declared.timeZone,
    }),
    ...ocaIds.flatMap((ocaId, index) =>
      faultUnless(!elsewhere.has(ocaId) && ocaIds.indexOf(ocaId) === index, {
        path: `ocas[${index}].ocaId`,
        expected: 'an OCA that is declared once in the whole fleet',
        found: ocaId,
      }),
    ),
  ];
}

const faultUnless = (holds: boolean, fault: Fault): Fault[] => (holds ? [] : [fault]);
