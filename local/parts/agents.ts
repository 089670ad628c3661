import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../lib/config/schema.ts';
import { type AddressPlan, urlOf } from '../ground/address-plan.ts';
import type { SecretStore } from '../ground/secret-store.ts';

type SiteConfig = Config['sites'][number];
type OcaConfig = SiteConfig['ocas'][number];

export interface AgentsOptions {
  readonly config: Config;
  readonly plan: AddressPlan;
  readonly secrets: SecretStore;
  readonly folder: string;
  /** All media that will be published: every disk is made large enough for it. */
  readonly mediaBytes: number;
}

/** Stand-ins for terabytes: a folder a disk, with room for a few clips. */
const CAPACITY_MIN_BYTES = { flash: 64 * 2 ** 20, hdd: 128 * 2 ** 20 } as const;

/** Writes a configuration file for every OCA that the configuration declares, and returns the files by OCA. */
export function writeAgentConfigs(options: AgentsOptions): Map<string, string> {
  const declared = options.config.sites.flatMap((site) => site.ocas.map((oca) => ({ site, oca })));
  return new Map(
    declared.map(({ site, oca }, index) => {
      const folder = join(options.folder, oca.ocaId);
      const agentConfig = agentConfiguration(options, { site, oca, index, folder });
      for (const path of [
        agentConfig.stateDirectory,
        ...agentConfig.disks.map((disk) => disk.path),
      ])
        mkdirSync(path, { recursive: true });
      const file = join(folder, 'oca.json');
      writeFileSync(file, `${JSON.stringify(agentConfig, undefined, 2)}\n`);
      return [oca.ocaId, file] as const;
    }),
  );
}

function agentConfiguration(
  { config, plan, secrets, mediaBytes }: AgentsOptions,
  { site, oca, index, folder }: { site: SiteConfig; oca: OcaConfig; index: number; folder: string },
) {
  const addresses = plan.ocas[index] ?? { delivery: plan.gateway, management: plan.gateway };
  const { delivery, management } = addresses;
  return {
    ocaId: oca.ocaId,
    siteId: site.siteId,
    controlUrl: `https://${plan.control.host}:${plan.control.port}`,
    identityFile: secrets.certificates.identityFile(oca.ocaId),
    controlCaFile: secrets.certificates.serverAuthorityFile,
    deliveryUrl: urlOf(delivery),
    delivery: { address: delivery.host, port: delivery.port },
    management: { address: management.host, port: management.port },
    requireMountPoints: false,
    stateDirectory: join(folder, 'state'),
    disks: oca.disks.map(({ diskId, tier }) => ({
      diskId,
      tier,
      path: join(folder, diskId),
      capacityBytes: Math.max(CAPACITY_MIN_BYTES[tier], 2 * mediaBytes),
    })),
    trustedPlanKeys: secrets.fillPlanKeys,
    tokens: config.tokens.required ? 'required' : 'off',
  };
}
