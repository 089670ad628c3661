import { join } from 'node:path';
import { CdnError } from '#domain/errors.ts';
import { Agent, type AgentOptions, type RunningAgent } from './agent.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { parityInForce } from './config/parity-in-force.ts';
import { type AgentState, openAgentState } from './control/agent-state.ts';
import { controlClientFor } from './control/control-client.ts';
import { IdentityKeeper } from './control/identity.ts';
import { threadsNeeded } from './disks/thread-budget.ts';
import type { Platform } from './platform/platform.ts';
import { CertificateKeeper } from './platform/tls-keeper.ts';
import { openProtectedStore, type ProtectedStore } from './store/open-store.ts';

/** Starts the appliance's agent: resolves when clients are served, before the control plane has been reached. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { config, platform } = options;
  warnOfFewThreads(options);
  const identity = await IdentityKeeper.open({ ...platform, place: config, log: options.log });
  const controlClient = await controlClientFor(config, platform, () => identity.current);
  const certificate = await openCertificate(options);
  const state = await openState(config, platform);
  const serving = Promise.withResolvers<void>();
  try {
    const { store, keeper: parityKeeper } = await openDisks(options, state, serving.promise);
    const parts = { state, store, parityKeeper, identity, certificate, controlClient };
    const agent = await new Agent(options, parts).start();
    serving.resolve();
    return agent;
  } catch (error) {
    state.close();
    throw error;
  }
}

/** @throws CdnError `config-invalid` */
async function openCertificate({ config, platform, log }: AgentOptions) {
  const { tls: place } = config.delivery;
  return place && CertificateKeeper.open({ ...platform, place, log });
}

/** With fewer, disks that hang can take all of them, and the rest hangs too. */
function warnOfFewThreads({ config, platform, log }: AgentOptions): void {
  const needed = threadsNeeded(config.disks);
  const { fileThreads } = platform;
  if (fileThreads < needed) log('oca.file-threads.few', { fileThreads, needed });
}

async function openState(config: AgentConfig, platform: Platform): Promise<AgentState> {
  const { stateDirectory } = config;
  try {
    await platform.fileSystem.makeFolder(stateDirectory);
    return openAgentState(platform.openDatabase(join(stateDirectory, 'state.db'), 'ledger'));
  } catch (error) {
    const message = `stateDirectory ${stateDirectory}: not writable, or in use by another agent`;
    throw new CdnError('folder-unwritable', message, { cause: error });
  }
}

async function openDisks(
  { config, platform, log }: AgentOptions,
  state: AgentState,
  isServing: Promise<void>,
): Promise<ProtectedStore> {
  const { stateDirectory, disks, requireMountPoints, eviction } = config;
  const knownDiskIds = new Set(state.diskIds.read() ?? []);
  const opened = await openProtectedStore({
    platform,
    stateDirectory,
    disks,
    requireMountPoints,
    eviction,
    parity: parityInForce(config),
    knownDiskIds,
    isServing,
    log,
  });
  const healthy = [...opened.store.volumes].filter(({ failure }) => failure === undefined);
  for (const { disk } of healthy) knownDiskIds.add(disk.diskId);
  state.diskIds.write([...knownDiskIds]);
  return opened;
}
