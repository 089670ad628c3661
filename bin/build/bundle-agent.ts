import { build } from 'esbuild';
import { agentBuild } from '../../lib/agent-package.ts';

/** Writes the agent as an appliance runs it: one file. */
export async function bundleAgent(outfile: string): Promise<void> {
  await build(agentBuild(outfile));
}
