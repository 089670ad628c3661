import type { EpochMs } from '#domain/units.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import type { FillReport } from '#protocol/oca-report.ts';
import type { AgentStatus } from '../management/agent-status.ts';
import type { EvictResult } from '../management/operations.ts';
import type { VerifyResult } from '../upkeep/asset-verifier.ts';
import { storeLines } from './describe-store.ts';
import { duration, lines, rate, size } from './quantities.ts';

const MS_PER_DAY = 86_400_000;

/** What the commands print for people. `--json` prints the same things for programs. */
export function describeStatus(status: AgentStatus): string {
  const { delivery, load, fill } = status;
  const link = status.isRegistered ? 'registered' : 'not in touch';
  return lines([
    `${status.ocaId} (site ${status.siteId}): ${status.state}`,
    ...status.reasons.map((reason) => `  - ${reason}`),
    `version    ${status.softwareVersion}, up ${duration(status.asOf - status.startedAt)}`,
    `control    ${status.controlUrl} (${link})`,
    ...describeCertificate(status),
    ...describeServerCertificate(status),
    `delivery   ${status.deliveryUrl}: ${load.connections} connections, ${rate(load.egressBitsPerSecond)}`,
    `requests   ${delivery.requests}: ${delivery.hits} hits, ${delivery.misses} misses, ${delivery.refusals} refusals, ${delivery.failures} failures`,
    `sent       ${size(delivery.hitBytes)} from disks, ${size(delivery.missBytes)} of misses`,
    `fill       ${describeFill(fill)}`,
    ...storeLines(status),
  ]);
}

function describeCertificate({ certificateExpiresAt, asOf }: AgentStatus): string[] {
  if (certificateExpiresAt === undefined) return [];
  return [`identity   ${describeEnd(certificateExpiresAt, asOf)}`];
}

function describeServerCertificate({ serverCertificateExpiresAt, asOf }: AgentStatus): string[] {
  if (serverCertificateExpiresAt === undefined) return [];
  return [`TLS        ${describeEnd(serverCertificateExpiresAt, asOf)}`];
}

function describeEnd(expiresAt: EpochMs, now: EpochMs): string {
  const days = Math.floor((expiresAt - now) / MS_PER_DAY);
  return days < 0 ? 'certificate HAS RUN OUT' : `certificate for ${days} d more`;
}

export function describeFill(fill: FillReport): string {
  const plan = fill.planVersion === undefined ? 'no plan yet' : `plan ${fill.planVersion}`;
  const sources = fill.fetched.map(
    ({ sourceId, fetchedBytes }) => `${size(fetchedBytes)} from ${sourceId}`,
  );
  return [
    `${fill.state}, ${plan}, ${fill.assetsDone} of ${fill.assetsTotal} assets (${size(fill.bytesDone)} of ${size(fill.bytesTotal)})`,
    ...(sources.length > 0 ? [`fetched ${sources.join(', ')}`] : []),
    ...(fill.refusal === undefined ? [] : [`refused: ${fill.refusal}`]),
  ].join('; ');
}

export const describeInventory = (inventory: OcaInventory): string =>
  lines([
    ...inventory.titles.map(({ titleId, assetIds }) => `${titleId}  ${assetIds.length} assets`),
    `digest ${inventory.digest}`,
  ]);

export const describeEvict = (result: EvictResult): string =>
  lines([
    `evicted ${result.evicted.length} assets, ${size(result.freedBytes)}`,
    ...result.kept.map(({ assetId, reason }) => `kept ${assetId}: ${reason}`),
  ]);

export const describeVerify = (result: VerifyResult): string =>
  lines([
    `verified ${result.verifiedAssets} assets, ${size(result.verifiedBytes)}`,
    ...result.repaired.map((assetId) => `repaired ${assetId}: its bytes were wrong or unreadable`),
    ...result.removed.map((assetId) => `removed ${assetId}: its bytes were wrong or unreadable`),
  ]);
