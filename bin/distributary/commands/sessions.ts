import { type Command, InvalidArgumentError } from 'commander';
import {
  REVOKED_SESSIONS_MAX,
  revokedSessionList,
  SESSION_ID_PATTERN,
} from '#protocol/revoked-sessions.ts';
import { sessionOf, table } from '../session.ts';

const REVOKE_HELP = `
<session> is the sessionId of the playback API's answer and of the delivery log, or oca:<id> for the tokens with which
an OCA fills. OCAs refuse it within 10 s; CloudFront serves it until its token expires. The list takes ${REVOKED_SESSIONS_MAX}.`;

export function addSessionsCommand(program: Command): void {
  const sessions = program
    .command('sessions')
    .description('playback sessions that may not go on: their tokens are refused by every OCA');
  sessions
    .command('revoke')
    .argument('<session>', 'its id', sessionIdArgument)
    .description('let the tokens of a session open nothing any more; in force on OCAs within 10 s')
    .requiredOption('--reason <text>', 'why, for those who come after you')
    .addHelpText('after', REVOKE_HELP)
    .action(revoke);
  sessions
    .command('allow')
    .argument('<session>', 'its id', sessionIdArgument)
    .description('take a session off the list')
    .action(allow);
  sessions
    .command('list')
    .description('list the sessions that are revoked, until their tokens have expired')
    .action(list);
}

async function revoke(
  sessionId: string,
  { reason }: { reason: string },
  command: Command,
): Promise<void> {
  const session = sessionOf(command);
  const answer = await session.control.send(pathOf(sessionId), { method: 'PUT', body: { reason } });
  session.print(JSON.parse(answer), [`revoked: ${sessionId}`]);
}

async function allow(sessionId: string, _options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  await session.control.send(pathOf(sessionId), { method: 'DELETE' });
  session.print({ sessionId }, [`allowed again: ${sessionId}`]);
}

async function list(_options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  const answer = await session.control.request(revokedSessionList, '/v1/revoked-sessions');
  const rows = answer.sessions.map(({ sessionId, revokedAt, expiresAt, reason = '' }) => [
    sessionId,
    new Date(revokedAt).toISOString(),
    new Date(expiresAt).toISOString(),
    reason,
  ]);
  session.print(answer, table([['SESSION', 'SINCE', 'UNTIL', 'REASON'], ...rows]));
}

/** The id's letters stand in a path as they are. */
const pathOf = (sessionId: string): string => `/v1/revoked-sessions/${sessionId}`;

function sessionIdArgument(value: string): string {
  if (SESSION_ID_PATTERN.test(value)) return value;
  throw new InvalidArgumentError('Expected a session id: 1 to 128 of A-Z a-z 0-9 : . _ and -.');
}
