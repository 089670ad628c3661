import type { Command } from 'commander';
import { steeringExplanation } from '#protocol/playback.ts';
import { sessionOf, table } from '../session.ts';

interface ExplainOptions {
  readonly ip: string;
  readonly title?: string;
}

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('say how a client would be steered, and why')
    .requiredOption('--ip <address>', "the client's address")
    .option('--title <id>', 'rank for this title')
    .action(explain);
}

async function explain({ ip, title }: ExplainOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const query = new URLSearchParams({ ip, ...(title === undefined ? {} : { title }) });
  const answer = await session.play.request(steeringExplanation, `/v1/explain?${query}`);
  const rows = answer.candidates.map(({ pathwayId, rank, siteId, verdict, reasons }) => [
    rank === undefined ? '  -' : `  ${rank}`,
    pathwayId,
    siteId ?? '',
    verdict,
    reasons.join('; '),
  ]);
  session.print(answer, [
    `${answer.clientAddress} is covered by ${answer.matchedPrefix ?? 'no prefix'}`,
    ...table(rows),
    `pathways: ${answer.pathwayPriority.join(', ')}`,
  ]);
}
