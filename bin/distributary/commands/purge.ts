import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { isTitleId } from '#domain/ids.ts';
import { type PurgeStatus, purge, purgeStatus } from '#protocol/purge.ts';
import { type Session, sessionOf, table } from '../session.ts';

const PURGE_HELP = `
Without --file, --prefix and --profile all of the title goes. OCAs that have a plan for it fetch it anew by themselves.
Exit code 1 when an OCA is unreachable, or has not said within --wait seconds that it is done: run "purge status ID"
later, or look at it. CloudFront is asked to forget the same, which takes it some minutes and is not waited for.`;

const POLL_MS = 1000;
const WAIT_SECONDS = 60;

interface PurgeOptions {
  readonly file?: string;
  readonly prefix?: string;
  readonly profile?: string;
  readonly soft: boolean;
  readonly wait: number;
}

export function addPurgeCommand(program: Command): void {
  const command = program
    .command('purge')
    .description('have every OCA and CloudFront forget files of a title, and wait until they have');
  command
    .command('title')
    .argument('<title>', 'its id', titleArgument)
    .description('purge a title, or a part of it')
    .addOption(new Option('--file <file>', 'this file alone').conflicts(['prefix', 'profile']))
    .addOption(new Option('--prefix <prefix>', 'files that begin so').conflicts('profile'))
    .option('--profile <profile>', 'files of the tracks of this profile, e.g. h264-720p')
    .option(
      '--soft',
      'keep them, and ask the origin whether they are good before they are used',
      false,
    )
    .addOption(
      new Option('--wait <seconds>', 'for OCAs that report')
        .argParser(seconds)
        .default(WAIT_SECONDS),
    )
    .addHelpText('after', PURGE_HELP)
    .action(purgeTitle);
  command
    .command('status <id>')
    .description('who has applied a purge, and who has not')
    .action(showStatus);
}

async function purgeTitle(
  titleId: string,
  { wait, ...scope }: PurgeOptions,
  command: Command,
): Promise<void> {
  const session = sessionOf(command);
  const body = { titleId, ...scope };
  const { purgeId } = await session.control.request(purge, '/v1/purges', { method: 'POST', body });
  let status = await statusOf(session, purgeId);
  for (let waited = 0; status.waiting.length > 0 && waited < wait * 1000; waited += POLL_MS) {
    await sleep(POLL_MS);
    status = await statusOf(session, purgeId);
  }
  tell(session, status);
}

async function showStatus(id: string, _options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  tell(session, await statusOf(session, Number(id)));
}

const statusOf = ({ control }: Session, purgeId: number): Promise<PurgeStatus> =>
  control.request(purgeStatus, `/v1/purges/${purgeId}`);

/** @throws CdnError `purge-incomplete` unless every OCA has done it. */
function tell(session: Session, status: PurgeStatus): void {
  const { acknowledged, waiting, unreachable, cloudFront } = status;
  const rows = [
    ...acknowledged.map((ocaId) => [ocaId, 'done']),
    ...waiting.map((ocaId) => [ocaId, 'not yet']),
    ...unreachable.map((ocaId) => [ocaId, 'unreachable']),
    ...cloudFront.map(({ distributionId, state }) => [`cloudfront ${distributionId}`, state]),
  ];
  const { purgeId } = status.purge;
  session.print(status, [`purge ${purgeId}`, ...table([['WHERE', 'STATE'], ...rows])]);
  const open = [...waiting, ...unreachable];
  if (open.length === 0) return;
  throw new CdnError(
    'purge-incomplete',
    `${open.join(', ')}: not purged yet; look again with "purge status ${purgeId}"`,
  );
}

function titleArgument(value: string): string {
  if (isTitleId(value)) return value;
  throw new InvalidArgumentError('Expected a title id: 1 to 63 of a-z, 0-9 and -.');
}

function seconds(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 3600) return number;
  throw new InvalidArgumentError('Expected a whole number from 0 to 3600.');
}
