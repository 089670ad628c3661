import type { OcaId } from '#domain/ids.ts';
import { object, optional, truth } from '#protocol/decode.ts';
import type { FleetView, OcaView } from '#protocol/fleet-view.ts';
import type { Site } from '#protocol/site.ts';
import { requireOperator } from '../shared/caller.ts';
import type { DeclaredOca } from '../shared/fleet-directory.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import { authorizeOca } from './authorize.ts';
import type { ControlContext } from './context.ts';

const DRAIN_BYTES_MAX = 1024;
const drainRequest = object({ draining: optional(truth) });

/** `GET /v1/ocas`: every declared OCA, in the order of sites. */
export async function fleetAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  const { siteOfOca } = await context.directory.latest();
  const declared = [...siteOfOca].map(([ocaId, site]) => ({ ocaId, site }));
  const view: FleetView = { asOf: context.clock.now(), ocas: await ocaViews(context, declared) };
  return jsonAnswer(200, view);
}

/** `POST /v1/ocas/{ocaId}/drain`: what the operator wants of it; steering follows within a second. */
export async function drainAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  requireOperator(request);
  const declared = await authorizeOca(context, request);
  const isBodyEmpty = request.body.trim() === '';
  const body = isBodyEmpty ? { ...request, body: '{}' } : request;
  const { draining = true } = decodeBody(body, drainRequest, DRAIN_BYTES_MAX);
  await context.fleet.setDesiredState(declared.ocaId, draining ? 'draining' : 'in-service');
  const [view] = await ocaViews(context, [declared]);
  return jsonAnswer(200, view);
}

async function ocaViews(
  context: ControlContext,
  declared: readonly DeclaredOca[],
): Promise<OcaView[]> {
  const ocaIds = declared.map((oca) => oca.ocaId);
  const [statusById, reportById] = await Promise.all([
    context.statuses(ocaIds),
    context.health.reports(ocaIds),
  ]);
  return declared.map(({ ocaId, site }) => {
    const status = statusById.get(ocaId);
    const report = reportById.get(ocaId);
    return {
      ...identityOf(ocaId, site),
      desiredState: status?.desiredState ?? 'in-service',
      state: status?.state ?? 'out-of-service',
      reasons: status?.reasons ?? [],
      ...(status?.deliveryUrl === undefined ? {} : { deliveryUrl: status.deliveryUrl }),
      ...(status?.reportedAt === undefined ? {} : { reportedAt: status.reportedAt }),
      ...(report === undefined ? {} : { report }),
    };
  });
}

const identityOf = (ocaId: OcaId, site: Site) => ({
  ocaId,
  siteId: site.siteId,
  siteName: site.name,
  siteKind: site.kind,
});
