import type { Command } from 'commander';
import { keySet } from '#protocol/key-set.ts';
import { sessionOf } from '../session.ts';

/** Under `keys`. The keys of fill plans are made in the cloud, so their public halves come from the control API. */
export function addKeysTrustedCommand(keys: Command): void {
  keys
    .command('trusted')
    .description(
      'print the public keys of fill plans, as trustedPlanKeys of an appliance takes them',
    )
    .action(showTrusted);
}

async function showTrusted(_options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  const { keys } = await session.control.request(keySet, '/v1/keys');
  const planKeys = keys.filter(({ purpose }) => purpose === 'fill-plan');
  session.print(planKeys, JSON.stringify(planKeys, undefined, 2).split('\n'));
}
