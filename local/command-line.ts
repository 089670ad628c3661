import { Command, InvalidArgumentError, Option } from 'commander';

export interface Options {
  readonly port: number;
  /** Keeps state between runs; absent: a folder that goes when the run ends. */
  readonly data?: string;
  readonly media?: string;
  readonly oneAddress: boolean;
  readonly verbose: boolean;
}

/** In `ports` mode the CDN takes the ports after the base port too. */
const PORT_MAX = 65_500;

/**
 * Reads `npm start -- …`. Prints help or one line about what is wrong, and leaves the process, as commander does.
 * `PORT` stands in for `--port`.
 */
export function parseCommandLine(argv: readonly string[]): Options {
  const program = new Command('npm start --')
    .description(
      'Runs the whole CDN on this machine: console, control plane, origin, edge and OCAs.',
    )
    .addOption(
      new Option('--port <number>', 'base port').env('PORT').default(8080).argParser(parsePort),
    )
    .option(
      '--data <folder>',
      'keep state here between runs (default: a temporary folder)',
      parseFolder,
    )
    .option(
      '--media <folder>',
      'serve your own DASH or HLS titles (default: the shipped title)',
      parseFolder,
    )
    .option(
      '--one-address',
      'use 127.0.0.1 alone and a port for every part (default where no other loopback address can be bound)',
      false,
    )
    .option('--verbose', 'print the log lines of every part', false)
    .showSuggestionAfterError(false)
    .addHelpText(
      'after',
      '\nCtrl-C stops everything and leaves nothing behind; press it twice to stop at once.',
    );
  return program.parse(argv, { from: 'user' }).opts<Options>();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > PORT_MAX)
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${PORT_MAX}.`);
  return port;
}

function parseFolder(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a folder.');
  return text;
}
