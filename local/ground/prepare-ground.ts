import { join } from 'node:path';
import type { Publication } from '../../bin/distributary/publish/publication.ts';
import { loadConfig } from '../../lib/config/load-config.ts';
import type { Config } from '../../lib/config/schema.ts';
import type { Progress } from '../processes/progress.ts';
import type { Teardown } from '../processes/teardown.ts';
import {
  type AddressPlan,
  demandFreeAddresses,
  detectAddressMode,
  planAddresses,
} from './address-plan.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { LogFolder } from './log-folder.ts';
import { openSecretStore, type SecretStore } from './secret-store.ts';
import { readTitles } from './titles.ts';

export interface LocalCdnOptions {
  /** The configuration whose app is run; its sites and OCAs are those of this machine. */
  readonly configFile: string;
  readonly port: number;
  readonly data?: string;
  readonly media?: string;
  readonly oneAddress: boolean;
  readonly progress: Progress;
  readonly teardown: Teardown;
  /** Sees every log line of every part. */
  readonly echo?: (line: string) => void;
}

/** What is known before anything is started. */
export interface Ground {
  readonly config: Config;
  readonly plan: AddressPlan;
  readonly titles: readonly Publication[];
  readonly data: DataFolder;
  readonly logs: LogFolder;
  readonly secrets: SecretStore;
  readonly progress: Progress;
  readonly teardown: Teardown;
}

/**
 * Checks everything that can be checked before anything is started: configuration, media, addresses, data folder.
 * @throws CdnError `config-invalid`, `media-without-manifest`, `media-invalid`, `address-taken`, `folder-unwritable`
 */
export async function prepareGround(options: LocalCdnOptions): Promise<Ground> {
  const { progress, teardown } = options;
  const config = loadConfig(options.configFile);
  const ocaCount = config.sites.flatMap((site) => site.ocas).length;
  const titles = readTitles(options.media);
  const plan = await progress.step(
    'addresses',
    () => freeAddresses(options, ocaCount),
    describePlan,
  );
  const data = openDataFolder(options.data);
  teardown.add(
    'files',
    () => data.remove(),
    () => data.remove(),
  );
  const logs = new LogFolder(join(data.path, 'logs'), options.echo);
  teardown.add('servers', () => logs.close());
  const secrets = await openSecretStore(join(data.path, 'secrets'), config, Date.now());
  progress.note(`data           ${data.path}${data.isKept ? '' : ' (removed at the end)'}`);
  return { config, plan, titles, data, logs, secrets, progress, teardown };
}

async function freeAddresses(
  { port, oneAddress }: LocalCdnOptions,
  ocaCount: number,
): Promise<AddressPlan> {
  const mode = oneAddress ? 'ports' : await detectAddressMode();
  const plan = planAddresses(port, ocaCount, mode);
  await demandFreeAddresses(plan);
  return plan;
}

const describePlan = ({ mode, gateway, ocas }: AddressPlan): string =>
  mode === 'aliases'
    ? `port ${gateway.port} on 127.0.0.1 and an address each for ${ocas.length} OCAs, edge and origin`
    : `127.0.0.1, from port ${gateway.port} on`;
