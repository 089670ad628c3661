import type { ParityDeclaration } from '#protocol/oca-registration.ts';
import type { AgentConfig } from './agent-config.ts';

/** Where nothing is configured: any two disks of twelve may be lost, for a fifth more room. */
const DEFAULT_PARITY: ParityDeclaration = { dataFiles: 10, parityFiles: 2 };

/** The parity groups that an appliance keeps; undefined where parity is off. */
export function parityInForce({
  parity,
  disks,
}: Pick<AgentConfig, 'parity' | 'disks'>): ParityDeclaration | undefined {
  const { dataFiles, parityFiles } = DEFAULT_PARITY;
  const hddDisks = disks.filter(({ tier }) => tier === 'hdd').length;
  const chosen = parity ?? (hddDisks >= dataFiles + parityFiles ? DEFAULT_PARITY : undefined);
  return chosen && chosen.parityFiles > 0 ? chosen : undefined;
}
