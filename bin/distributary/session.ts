import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { ControlClient } from './control-client.ts';

/** Options that every command takes. */
interface GlobalOptions {
  readonly controlUrl: string;
  readonly playUrl?: string;
  readonly credentialFile?: string;
  readonly json: boolean;
}

/** Where `npm start` answers. */
const LOCAL_URL = 'http://127.0.0.1:8080';

const credentialFromEnvironment = new WeakMap<Command, string>();

export function addGlobalOptions(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .addOption(
      new Option('--control-url <url>', 'the control API').default(
        env.DISTRIBUTARY_CONTROL_URL ?? LOCAL_URL,
      ),
    )
    .addOption(
      new Option(
        '--play-url <url>',
        'the playback API (default: where the control API is)',
      ).default(env.DISTRIBUTARY_PLAY_URL),
    )
    .option(
      '--credential-file <file>',
      "holds the operator's secret; or set DISTRIBUTARY_CREDENTIAL",
    )
    .option('--json', 'print JSON', false);
  if (env.DISTRIBUTARY_CREDENTIAL)
    credentialFromEnvironment.set(program, env.DISTRIBUTARY_CREDENTIAL);
}

/** What a command works with: the two APIs, and the way to print. */
export interface Session {
  readonly control: ControlClient;
  readonly play: ControlClient;
  /** Prints `value` as JSON, or `lines` for people. */
  print(value: unknown, lines: readonly string[]): void;
}

export function sessionOf(command: Command): Session {
  const {
    controlUrl,
    playUrl = controlUrl,
    credentialFile,
    json,
  } = command.optsWithGlobals<GlobalOptions>();
  const credential =
    credentialFile === undefined ? inherited(command) : readCredential(credentialFile);
  const client = (url: string) =>
    new ControlClient({ url, ...(credential === undefined ? {} : { credential }) });
  return {
    control: client(controlUrl),
    play: client(playUrl),
    print: (value, lines) =>
      console.log(json ? JSON.stringify(value, undefined, 2) : lines.join('\n')),
  };
}

function inherited(command: Command): string | undefined {
  const own = credentialFromEnvironment.get(command);
  return own ?? (command.parent ? inherited(command.parent) : undefined);
}

function readCredential(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CdnError('credential-missing', `the credential file ${file} cannot be read`, {
      cause,
    });
  }
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
