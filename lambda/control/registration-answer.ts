import { CdnError } from '#domain/errors.ts';
import type { EpochMs } from '#domain/units.ts';
import {
  type OcaRegistration,
  ocaRegistration,
  type RegistrationReceipt,
} from '#protocol/oca-registration.ts';
import { cloudFrontUrlFor } from '../shared/cloudfront-urls.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import type { OcaRecord } from '../shared/stores/fleet-store.ts';
import { authorizeOca } from './authorize.ts';
import type { ControlContext } from './context.ts';

const REGISTRATION_BYTES_MAX = 64 * 1024;

/** `PUT /v1/ocas/{ocaId}`: notes what the OCA has and where it is, and has a plan made for it if it lacks one. */
export async function registrationAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { ocaId, site } = await authorizeOca(context, request);
  const registration = decodeBody(request, ocaRegistration, REGISTRATION_BYTES_MAX);
  requireSame('ocaId', ocaId, registration.ocaId);
  requireSame('siteId', site.siteId, registration.siteId);
  const previous = (await context.fleet.ocas([ocaId], { isConsistent: true })).get(ocaId);
  await context.fleet.register(registration);
  if (haveAddressesChanged(previous, registration)) {
    await context.sendEvent('OCA Addresses Changed', { siteId: site.siteId });
  }
  if (needsPlan(previous, registration, context.clock.now())) {
    await context.sendEvent('Fill Plan Requested', { window: 'now', siteId: site.siteId });
  }
  const { reportIntervalSeconds, planPollSeconds, cloudFrontUrls, tokenIssuer } = context.settings;
  const receipt: RegistrationReceipt = {
    desiredState: previous?.desiredState ?? 'in-service',
    reportIntervalSeconds,
    planPollSeconds,
    cloudFrontUrl: cloudFrontUrlFor(ocaId, cloudFrontUrls),
    tokenIssuer,
  };
  return jsonAnswer(200, receipt);
}

/** @throws CdnError `message-invalid` when a message names another thing than its path, or its site, does. */
export function requireSame(field: string, expected: string, found: string): void {
  if (expected === found) return;
  throw new CdnError('message-invalid', `${field}: expected ${expected}, found ${found}`);
}

function haveAddressesChanged(
  previous: OcaRecord | undefined,
  { addresses }: OcaRegistration,
): boolean {
  const before = previous?.registration?.addresses;
  return before?.ipv4 !== addresses?.ipv4 || before?.ipv6 !== addresses?.ipv6;
}

/** A new OCA, one whose disks changed, one that no plan was made for, or whose plan has run out while it was away. */
function needsPlan(
  previous: OcaRecord | undefined,
  registration: OcaRegistration,
  now: EpochMs,
): boolean {
  const isPlanInForce = previous?.plan !== undefined && previous.plan.expiresAt > now;
  const disksBefore = JSON.stringify(previous?.registration?.disks);
  return !isPlanInForce || disksBefore !== JSON.stringify(registration.disks);
}
