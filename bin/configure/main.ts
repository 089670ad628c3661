import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { intro, log, outro } from '@clack/prompts';
import { CommanderError } from 'commander';
import { CdnError, errorCodeOf } from '#domain/errors.ts';
import { type Answers, answersSchema, DEFAULT_ANSWERS, readAnswers } from './answers.ts';
import { commit, faultLines, isTaken, now, type Prepared, prepare } from './configure.ts';
import { type Invocation, readInvocation } from './flags.ts';
import { Cancelled, Interview } from './interview.ts';
import { nextSteps } from './next-steps.ts';
import { askAll } from './questions.ts';
import { type Places, placesOf } from './save.ts';

/** Exit codes: 0 written, 1 refused or cancelled, 2 wrong usage. */
const FAILED = 1;
const WRONG_USAGE = 2;

/** A terminal, or what stands for one. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

const EXAMPLE = new URL('../../config/example.yaml', import.meta.url);

/** Runs `npm run configure` and returns its exit code. Nothing is written before everything is known and valid. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const invocation = readInvocation(argv);
    if (!invocation.isScripted && !terminal.input.isTTY) {
      console.error(
        'error: there is no terminal to ask on: expected --answers FILE, or flags and --yes (see --help)',
      );
      return WRONG_USAGE;
    }
    return invocation.isScripted
      ? await runScript(invocation)
      : await runInterview(invocation, terminal);
  } catch (thrown) {
    return exitCodeOf(thrown);
  }
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : WRONG_USAGE;
  if (thrown instanceof Cancelled) {
    console.error(`cancelled: ${thrown.message}`);
    return FAILED;
  }
  const code = errorCodeOf(thrown);
  if (code === 'internal') throw thrown;
  console.error(`error: ${code}: ${(thrown as Error).message}`);
  return FAILED;
}

async function runScript({ given, folder, overwrite }: Invocation): Promise<number> {
  const answers = demandAnswers({ recipients: [], ...DEFAULT_ANSWERS, ...given });
  const places = placesOf(folder, answers.name);
  if (isTaken(places) && !overwrite) {
    throw new CdnError(
      'config-invalid',
      `${places.configFile} is there already: --overwrite replaces it`,
    );
  }
  const prepared = await prepareFrom(answers, places);
  commit(places, prepared);
  console.log([`written: ${places.configFile}, ${places.secretsFolder}/`, '', 'Next:'].join('\n'));
  for (const step of nextSteps(prepared.config, places, answers.operator)) console.log(`  ${step}`);
  return 0;
}

async function runInterview(
  { given, folder, overwrite }: Invocation,
  { input, output }: Terminal,
): Promise<number> {
  const streams = { input, output };
  const interview = new Interview(streams);
  intro('A first deployment of Distributary', streams);
  const answers = await askAll(interview, demandParts(given));
  const places = placesOf(folder, answers.name);
  if (isTaken(places) && !overwrite) {
    const isReplaced = await interview.agree(
      `${places.configFile} is there already. Replace it? (secrets are kept)`,
      false,
    );
    if (!isReplaced) throw new Cancelled('nothing was written');
  }
  const prepared = await prepareFrom(answers, places);
  commit(places, prepared);
  log.success(`${places.configFile} is valid`, streams);
  log.success(
    `${places.secretsFolder}/ holds the private keys: keep it, out of version control`,
    streams,
  );
  outro('Next, as docs/deploy.md tells:', streams);
  // Outside the frame, so that they can be copied.
  output.write(`${nextSteps(prepared.config, places, answers.operator).join('\n')}\n`);
  return 0;
}

const prepareFrom = (answers: Answers, places: Places): Promise<Prepared> =>
  prepare({ example: readFileSync(EXAMPLE, 'utf8'), answers, places, now: now() });

function demandAnswers(given: unknown): Answers {
  const read = readAnswers(given);
  if ('answers' in read) return read.answers;
  throw refused(read.faults);
}

/** Flags of an interview: each is checked, none is demanded. */
function demandParts(given: unknown): Partial<Answers> {
  const { data } = answersSchema.partial().safeParse(given);
  if (data) return data as Partial<Answers>;
  const read = readAnswers(given);
  const faults = 'faults' in read ? read.faults.filter(({ found }) => found !== 'nothing') : [];
  throw refused(faults);
}

const refused = (faults: Parameters<typeof faultLines>[0]): CdnError =>
  new CdnError(
    'config-invalid',
    [
      `the answers have ${faults.length} fault${faults.length === 1 ? '' : 's'}:`,
      ...faultLines(faults),
    ].join('\n'),
  );
