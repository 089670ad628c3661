import { Command, Option } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { type AssetId, isAssetId, isTitleId } from '#domain/ids.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import type { FillReport } from '#protocol/oca-report.ts';
import { type AgentConfig, parseAgentConfig } from '../config/agent-config.ts';
import type { AgentStatus } from '../management/agent-status.ts';
import type { AssetSelection, EvictResult } from '../management/operations.ts';
import type { Platform } from '../platform/platform.ts';
import type { VerifyResult } from '../store/verify-assets.ts';
import {
  describeEvict,
  describeFill,
  describeInventory,
  describeStatus,
  describeVerify,
} from './describe.ts';
import { examine, type Finding } from './doctor.ts';
import { addIdentity, type IdentityTarget } from './identity.ts';
import { askAgent } from './management-client.ts';

export interface ProgramOptions {
  readonly platform: Platform;
  readonly softwareVersion: string;
  /** Where the configuration lies when `--config` is not given. */
  readonly configFile: string;
  readonly print: (text: string) => void;
  readonly serve: (config: AgentConfig, options: { stopWithStdin: boolean }) => Promise<void>;
}

interface Reached {
  readonly config: string;
  readonly url?: string;
  readonly json?: boolean;
}
interface Selected extends Reached {
  readonly title?: string;
  readonly asset?: string[];
  readonly unplanned?: boolean;
}

/** Thrown by a command that did its work and found something wrong: the message is printed already. */
export class CommandFailed extends Error {}

/** The command line of the appliance: `oca <command>`. */
export function buildProgram(options: ProgramOptions): Command {
  const program = new Command('oca')
    .description('The agent of a Distributary appliance (OCA): stores, fills and delivers video.')
    .version(options.softwareVersion)
    .showHelpAfterError('(oca --help lists the commands)');
  addServe(program, options);
  addQueries(program, options);
  addOperations(program, options);
  addDoctor(program, options);
  addIdentity(program, {
    fileSystem: options.platform.fileSystem,
    print: options.print,
    target: (flags) => identityTarget(flags, options),
    addConfig: (command) => command.addOption(configOption(options)),
  });
  return program;
}

function addServe(program: Command, options: ProgramOptions): void {
  program
    .command('serve')
    .description('Runs the agent until SIGTERM or SIGINT. Logs JSON lines to standard output.')
    .addOption(configOption(options))
    .option(
      '--stop-with-stdin',
      'stop when standard input ends, i.e. with the parent process',
      false,
    )
    .action(async ({ config, stopWithStdin }: { config: string; stopWithStdin: boolean }) => {
      await options.serve(await loadConfig(config, options), { stopWithStdin });
    });
}

function addQueries(program: Command, options: ProgramOptions): void {
  reaching(program.command('status'), options)
    .description('Shows state, disks, delivery and fill of the running agent.')
    .action(async (reached: Reached) => {
      await show<AgentStatus>(options, reached, ['GET', '/status'], describeStatus);
    });
  reaching(program.command('inventory'), options)
    .description('Lists the titles and assets that are held, verified.')
    .action(async (reached: Reached) => {
      await show<OcaInventory>(options, reached, ['GET', '/inventory'], describeInventory);
    });
}

function addOperations(program: Command, options: ProgramOptions): void {
  reaching(program.command('fill'), options)
    .description('Polls the fill plan and begins to fill now, if the plan’s window is open.')
    .action(async (reached: Reached) => {
      const describe = (fill: FillReport) => `${describeFill(fill)}\n`;
      await show<FillReport>(options, reached, ['POST', '/fill'], describe);
    });
  selecting(reaching(program.command('verify'), options))
    .description(
      'Reads assets whole and compares their SHA-256. What is wrong is removed and filled again.',
    )
    .action(async (selected: Selected) => {
      const request = ['POST', '/verify', selectionOf(selected)] as const;
      const result = await show<VerifyResult>(options, selected, request, describeVerify);
      if (result.removed.length > 0) throw new CommandFailed();
    });
  selecting(reaching(program.command('evict'), options))
    .description('Removes assets that the plan does not want. Planned ones and those in use stay.')
    .option('--unplanned', 'everything that the plan does not want')
    .action(async (selected: Selected) => {
      const selection = selectionOf(selected);
      if (Object.keys(selection).length === 0 && !selected.unplanned)
        throw new CdnError('request-invalid', 'say what: --title, --asset or --unplanned');
      await show<EvictResult>(options, selected, ['POST', '/evict', selection], describeEvict);
    });
  reaching(program.command('drain'), options)
    .description('Takes no more new sessions; running ones go on. Survives a restart.')
    .option('--off', 'take sessions again', false)
    .action(async (reached: Reached & { off: boolean }) => {
      const request = ['POST', '/drain', { draining: !reached.off }] as const;
      await show<AgentStatus>(options, reached, request, describeStatus);
    });
}

function addDoctor(program: Command, options: ProgramOptions): void {
  program
    .command('doctor')
    .description('Checks configuration, identity, disks and URLs. Changes nothing.')
    .addOption(configOption(options))
    .option('--json', 'print JSON')
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const findings = await examine(await loadConfig(config, options), options.platform);
      options.print(json ? `${JSON.stringify({ findings })}\n` : describeFindings(findings));
      if (findings.some(({ verdict }) => verdict === 'fault')) throw new CommandFailed();
    });
}

const describeFindings = (findings: readonly Finding[]): string =>
  findings
    .map(({ verdict, check, detail }) => `${verdict.padEnd(8)} ${check}: ${detail}\n`)
    .join('');

const configOption = ({ configFile }: ProgramOptions): Option =>
  new Option('-c, --config <file>', 'the agent’s configuration, JSON').default(configFile);

const reaching = (command: Command, options: ProgramOptions): Command =>
  command
    .addOption(configOption(options))
    .option('--url <url>', 'the management address, instead of the one in the configuration')
    .option('--json', 'print JSON');

const selecting = (command: Command): Command =>
  command
    .option('--title <titleId>', 'the assets of one title')
    .option('--asset <sha256...>', 'these assets');

function selectionOf({ title, asset }: Selected): AssetSelection {
  if (title !== undefined && !isTitleId(title))
    throw new CdnError('request-invalid', `--title: expected a title id, found ${title}`);
  const wrong = asset?.find((text) => !isAssetId(text));
  if (wrong !== undefined)
    throw new CdnError('request-invalid', `--asset: expected a SHA-256 in hex, found ${wrong}`);
  return {
    ...(title === undefined ? {} : { titleId: title }),
    ...(asset === undefined ? {} : { assetIds: asset as AssetId[] }),
  };
}

async function show<T>(
  options: ProgramOptions,
  reached: Reached,
  [method, path, message]: readonly ['GET' | 'POST', string, unknown?],
  describe: (answer: T) => string,
): Promise<T> {
  const base = reached.url ?? managementUrl(await loadConfig(reached.config, options));
  const url = `${base.replace(/\/+$/, '')}${path}`;
  const request = { url, method, ...(message === undefined ? {} : { message }) };
  const answer = await askAgent<T>(options.platform.httpClient, request);
  options.print(reached.json ? `${JSON.stringify(answer)}\n` : describe(answer));
  return answer;
}

function managementUrl({ management: { address, port } }: AgentConfig): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

async function identityTarget(
  { config, identityFile }: { config: string; identityFile?: string },
  options: ProgramOptions,
): Promise<IdentityTarget> {
  if (identityFile !== undefined) return { identityFile, ocaId: undefined };
  return loadConfig(config, options);
}

async function loadConfig(file: string, { platform }: ProgramOptions): Promise<AgentConfig> {
  const text = await platform.fileSystem.readText(file).catch(() => undefined);
  if (text === undefined) throw new CdnError('config-invalid', `${file}: cannot be read`);
  try {
    return parseAgentConfig(text);
  } catch (error) {
    throw error instanceof CdnError ? new CdnError(error.code, `${file}: ${error.message}`) : error;
  }
}
