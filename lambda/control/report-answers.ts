import { CdnError } from '#domain/errors.ts';
import { type Bytes, bytes } from '#domain/units.ts';
import { type OcaInventory, ocaInventory } from '#protocol/oca-inventory.ts';
import { ocaReport, type ReportReceipt } from '#protocol/oca-report.ts';
import { decodeBody, type HttpAnswer, type HttpRequest, jsonAnswer } from '../shared/http.ts';
import type { TitleHeld } from '../shared/stores/holdings-store.ts';
import type { TitleRecord } from '../shared/stores/title-store.ts';
import { authorizeOca } from './authorize.ts';
import type { ControlContext } from './context.ts';
import { requireSame } from './registration-answer.ts';
import { tellReport } from './tell-traffic.ts';

const REPORT_BYTES_MAX = 128 * 1024;
/** Lambda takes 6 MB in all. Source: Lambda quotas. */
const INVENTORY_BYTES_MAX = 5 * 2 ** 20;

/** `POST /v1/ocas/{ocaId}/reports`: the heartbeat. A report that comes late is answered alike, and not kept. */
export async function reportAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { ocaId, site } = await authorizeOca(context, request);
  const report = decodeBody(request, ocaReport, REPORT_BYTES_MAX);
  requireSame('ocaId', ocaId, report.ocaId);
  const record = (await context.fleet.ocas([ocaId])).get(ocaId);
  if (!record?.registration) {
    throw new CdnError('oca-not-found', `register first: PUT /v1/ocas/${ocaId}`);
  }
  const before = await context.health.put(report, context.clock.now());
  const isTold = before !== undefined && (await tellReport(context, { report, before, site }));
  const [revokedSessionsRevision, newestPurgeId] = await Promise.all([
    context.revokedSessionsRevision(),
    context.newestPurgeId(),
  ]);
  const receipt: ReportReceipt = {
    desiredState: record.desiredState,
    revokedSessionsRevision,
    newestPurgeId,
    ...(record.plan && { planVersion: record.plan.planVersion }),
    ...(isTold && { isSampleTaken: true }),
  };
  return jsonAnswer(200, receipt);
}

/** `PUT /v1/ocas/{ocaId}/inventory`: what the OCA holds, for steering and for its peers' fill. */
export async function inventoryAnswer(
  context: ControlContext,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const { ocaId } = await authorizeOca(context, request);
  const inventory = decodeBody(request, ocaInventory, INVENTORY_BYTES_MAX);
  requireSame('ocaId', ocaId, inventory.ocaId);
  const held = inventory.titles.filter((title) => title.assetIds.length > 0);
  const titleIds = held.map((title) => title.titleId);
  if (new Set(titleIds).size < titleIds.length) {
    throw new CdnError('message-invalid', 'titles: expected every title once');
  }
  const records = await context.titles.records(titleIds);
  const titles = held.map((title) => titleHeld(context, title, records.get(title.titleId)));
  await context.holdings.replace(ocaId, titles);
  return { status: 204, headers: { 'Cache-Control': 'no-store' }, body: '' };
}

function titleHeld(
  context: ControlContext,
  { titleId, assetIds }: OcaInventory['titles'][number],
  record: TitleRecord | undefined,
): TitleHeld {
  const heldBytes = async (): Promise<Bytes> => {
    const held = new Set<string>(assetIds);
    const assets = record ? await context.titles.assets(record) : [];
    const sizes = assets.filter((asset) => held.has(asset.assetId)).map((asset) => asset.sizeBytes);
    return bytes(sizes.reduce((sum, size) => sum + size, 0));
  };
  return { titleId, assetIds, publishedAt: record?.publishedAt, heldBytes };
}
