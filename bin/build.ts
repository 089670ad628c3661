import { chmod, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleAgent } from './build/bundle-agent.ts';
import { bundlePlayerSdk } from './build/bundle-player-sdk.ts';

/** `npm run build`: what leaves the repository to run elsewhere. */
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const agentFile = `${dist}/oca.cjs`;
const playerFile = `${dist}/player-sdk.js`;

await Promise.all([bundleAgent(agentFile), bundlePlayerSdk(playerFile)]);
await chmod(agentFile, 0o755);
for (const file of [agentFile, playerFile]) {
  const { size } = await stat(file);
  console.log(`${file.slice(dist.length - 'dist'.length)}  ${(size / 1000).toFixed(0)} kB`);
}
