import { join } from 'node:path';
import { CdnError } from '#domain/errors.ts';
import { Agent, type AgentOptions, type RunningAgent } from './agent.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { type AgentState, openAgentState } from './control/agent-state.ts';
import { controlClientFor } from './control/control-client.ts';
import { IdentityKeeper } from './control/identity.ts';
import type { Platform } from './platform/platform.ts';
import type { AssetStore } from './store/asset-store.ts';
import { openStore } from './store/open-store.ts';

/** Starts the appliance's agent: resolves when clients are served, before the control plane has been reached. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { config, platform } = options;
  const identity = await IdentityKeeper.open({ ...platform, place: config, log: options.log });
  const controlClient = await controlClientFor(config, platform, () => identity.current);
  const state = await openState(config, platform);
  try {
    const store = await openDisks(options, state);
    return await new Agent(options, { state, store, identity, controlClient }).start();
  } catch (error) {
    state.close();
    throw error;
  }
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
): Promise<AssetStore> {
  const { stateDirectory, disks } = config;
  const knownDiskIds = new Set(state.diskIds.read() ?? []);
  const store = await openStore({ platform, stateDirectory, disks, knownDiskIds, log });
  const healthy = [...store.volumes].filter(({ failure }) => failure === undefined);
  for (const { disk } of healthy) knownDiskIds.add(disk.diskId);
  state.diskIds.write([...knownDiskIds]);
  return store;
}
