import { Command } from 'commander';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import type { FillReport } from '#protocol/oca-report.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { AgentStatus } from '../management/agent-status.ts';
import { describeFill, describeInventory, describeStatus } from './describe.ts';
import { examine } from './doctor.ts';
import type { Finding } from './finding.ts';
import { addIdentity, type IdentityTarget } from './identity.ts';
import {
  CommandFailed,
  type CommandOptions,
  configOption,
  loadConfig,
  type Reached,
  reaching,
  show,
} from './reach.ts';
import { addStoreCommands } from './store-commands.ts';

export interface ProgramOptions extends CommandOptions {
  readonly softwareVersion: string;
  readonly serve: (config: AgentConfig, options: { stopWithStdin: boolean }) => Promise<void>;
}

/** The command line of the appliance: `oca <command>`. */
export function buildProgram(options: ProgramOptions): Command {
  const program = new Command('oca')
    .description('The agent of a Distributary appliance (OCA): stores, fills and delivers video.')
    .version(options.softwareVersion)
    .showHelpAfterError('(oca --help lists the commands)');
  addServe(program, options);
  addQueries(program, options);
  addOperations(program, options);
  addStoreCommands(program, options);
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

async function identityTarget(
  { config, identityFile }: { config: string; identityFile?: string },
  options: ProgramOptions,
): Promise<IdentityTarget> {
  if (identityFile !== undefined) return { identityFile, ocaId: undefined };
  return loadConfig(config, options);
}
