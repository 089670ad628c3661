import { Command, CommanderError } from 'commander';
import { errorCodeOf } from '#domain/errors.ts';
import { addAlarmsCommand } from './commands/alarms.ts';
import { addCatalogCommand } from './commands/catalog.ts';
import { addCertificatesCommand } from './commands/certificates.ts';
import { addCostCommand } from './commands/cost.ts';
import { addDrainCommand } from './commands/drain.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addFleetCommand } from './commands/fleet.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addPublishCommand } from './commands/publish.ts';
import { addPurgeCommand } from './commands/purge.ts';
import { addSessionsCommand } from './commands/sessions.ts';
import { addGlobalOptions } from './session.ts';

/** Exit codes: 0 done, 1 refused or failed, 2 wrong usage. */
const FAILED = 1;
const WRONG_USAGE = 2;

/** Runs the operator's command line and returns its exit code. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const program = new Command('distributary')
    .description(
      "The operator's command line of Distributary, against its control plane and its S3 origin.",
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  addGlobalOptions(program, env);
  addPublishCommand(program, env);
  addCatalogCommand(program);
  addFleetCommand(program);
  addPlanCommand(program);
  addExplainCommand(program);
  addDrainCommand(program);
  addAlarmsCommand(program);
  addCostCommand(program);
  addKeysCommand(program);
  addCertificatesCommand(program);
  addSessionsCommand(program);
  addPurgeCommand(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (thrown) {
    return exitCodeOf(thrown);
  }
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : WRONG_USAGE;
  const code = errorCodeOf(thrown);
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  console.error(`error: ${code === 'internal' ? name : code}: ${message}`);
  return FAILED;
}
