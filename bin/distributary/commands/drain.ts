import type { Command } from 'commander';
import { sessionOf } from '../session.ts';

export function addDrainCommand(program: Command): void {
  program
    .command('drain <oca>')
    .description('send no new session to an OCA; those that play may finish')
    .option('--undo', 'put it back into service', false)
    .action(drain);
}

async function drain(oca: string, { undo }: { undo: boolean }, command: Command): Promise<void> {
  const session = sessionOf(command);
  const answer = await session.control.send(`/v1/ocas/${encodeURIComponent(oca)}/drain`, {
    method: 'POST',
    body: { draining: !undo },
  });
  session.print(JSON.parse(answer), [
    undo ? `${oca} goes back into service` : `${oca} is draining`,
  ]);
}
