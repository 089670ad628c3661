import type { Command } from 'commander';
import { fleetView, type OcaView } from '#protocol/fleet-view.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import { siteDocuments } from '../fleet/site-documents.ts';
import { sessionOf, table } from '../session.ts';

interface SyncOptions {
  readonly config: string;
}

export function addFleetCommand(program: Command): void {
  const fleet = program.command('fleet').description('the OCAs and their sites');
  fleet.command('list').description('list every OCA as the control plane sees it').action(listOcas);
  fleet
    .command('sync')
    .description('declare the sites of a configuration to the control plane')
    .requiredOption('--config <file>', 'the configuration')
    .action(syncSites);
}

async function listOcas(_options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  const view = await session.control.request(fleetView, '/v1/ocas');
  session.print(
    view,
    table([['OCA', 'SITE', 'STATE', 'FILL', 'DISK', 'REASONS'], ...view.ocas.map(rowOf)]),
  );
}

function rowOf({ ocaId, siteId, state, reasons, report }: OcaView): string[] {
  const used = report?.tiers.reduce((sum, tier) => sum + tier.usedBytes, 0) ?? 0;
  const capacity = report?.tiers.reduce((sum, tier) => sum + tier.capacityBytes, 0) ?? 0;
  const fill = report
    ? `${report.fill.state} ${report.fill.assetsDone}/${report.fill.assetsTotal}`
    : '-';
  const disk = capacity > 0 ? `${((100 * used) / capacity).toFixed(1)} %` : '-';
  return [ocaId, siteId, state, fill, disk, reasons.join('; ')];
}

async function syncSites({ config }: SyncOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const sites = siteDocuments(loadConfig(config));
  for (const site of sites)
    await session.control.send(`/v1/sites/${site.siteId}`, { method: 'PUT', body: site });
  session.print(
    { sites },
    sites.map((site) => `declared ${site.siteId} with ${site.ocas.length} OCAs`),
  );
}
