import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { ControlClient } from './control-client.ts';
import type { ClientTls } from './https-exchange.ts';

/** Options that every command takes. */
interface GlobalOptions {
  readonly controlUrl: string;
  readonly playUrl?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly ca?: string;
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
    .addOption(
      new Option(
        '--certificate <file>',
        "the operator's client certificate for the control API, PEM (env: DISTRIBUTARY_CERTIFICATE)",
      ).default(env.DISTRIBUTARY_CERTIFICATE || undefined, 'none'),
    )
    .addOption(
      new Option(
        '--key <file>',
        'its private key, PEM; may stand in the same file (env: DISTRIBUTARY_KEY)',
      ).default(env.DISTRIBUTARY_KEY || undefined, 'the file of --certificate'),
    )
    .addOption(
      new Option(
        '--ca <file>',
        "the authority of the control API's own certificate, PEM (env: DISTRIBUTARY_CA)",
      ).default(env.DISTRIBUTARY_CA || undefined, 'the public ones'),
    )
    .option(
      '--credential-file <file>',
      "holds the operator's secret for the playback API (explain); or set DISTRIBUTARY_CREDENTIAL",
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
  const options = command.optsWithGlobals<GlobalOptions>();
  const { controlUrl, playUrl = controlUrl, credentialFile, json } = options;
  const tls = clientTls(options);
  const credential =
    credentialFile === undefined ? inherited(command) : readSecretFile(credentialFile).trim();
  const withCredential = credential === undefined ? {} : { credential };
  return {
    control: new ControlClient({ url: controlUrl, tls }),
    play: new ControlClient({ url: playUrl, ...withCredential }),
    print: (value, lines) =>
      console.log(json ? JSON.stringify(value, undefined, 2) : lines.join('\n')),
  };
}

function clientTls({ certificate, key = certificate, ca }: GlobalOptions): ClientTls {
  return {
    ...(certificate === undefined ? {} : { certificate: readSecretFile(certificate) }),
    ...(certificate === undefined || key === undefined ? {} : { key: readSecretFile(key) }),
    ...(ca === undefined ? {} : { serverAuthority: readSecretFile(ca) }),
  };
}

function inherited(command: Command): string | undefined {
  const own = credentialFromEnvironment.get(command);
  return own ?? (command.parent ? inherited(command.parent) : undefined);
}

function readSecretFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CdnError('credential-missing', `the file ${file} cannot be read`, { cause });
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
