import type { Command } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { isDiskId } from '#domain/ids.ts';
import { seconds } from '#domain/units.ts';
import type { AgentStatus } from '../management/agent-status.ts';
import type { EvictResult } from '../management/operations.ts';
import type { VerifyResult } from '../upkeep/asset-verifier.ts';
import { describeEvict, describeVerify } from './describe.ts';
import { describeDisks, describeScrub } from './describe-store.ts';
import {
  ask,
  CommandFailed,
  type CommandOptions,
  type Reached,
  reaching,
  type Selected,
  selecting,
  selectionOf,
  show,
} from './reach.ts';

/** How often a scrub that one waits for is looked at. */
const FOLLOWED_EVERY = seconds(1);

/** The commands about what lies on the disks. */
export function addStoreCommands(program: Command, options: CommandOptions): void {
  addVerify(program, options);
  addScrub(program, options);
  addEvict(program, options);
  addDisks(program, options);
}

function addVerify(program: Command, options: CommandOptions): void {
  selecting(reaching(program.command('verify'), options))
    .description(
      'Reads assets whole now. What is wrong is told from parity, or removed and filled again.',
    )
    .action((selected: Selected) => verify(options, selected));
}

function addScrub(program: Command, options: CommandOptions): void {
  selecting(reaching(program.command('scrub'), options))
    .description('Shows how far the verification of all disks has come, or verifies now.')
    .option('--now', 'begin a round on every disk, and wait for its end')
    .action(async (selected: Selected & { now?: boolean }) => {
      if (Object.keys(selectionOf(selected)).length > 0) return verify(options, selected);
      if (selected.now) return scrubNow(options, selected);
      await show<AgentStatus>(options, selected, ['GET', '/status'], describeScrub);
    });
}

async function verify(options: CommandOptions, selected: Selected): Promise<void> {
  const request = ['POST', '/verify', selectionOf(selected)] as const;
  const result = await show<VerifyResult>(options, selected, request, describeVerify);
  if (result.removed.length > 0) throw new CommandFailed();
}

/** Ends with the round; one that is interrupted leaves the round to go on. */
async function scrubNow(options: CommandOptions, reached: Reached): Promise<void> {
  const before = await ask<AgentStatus>(options, reached, ['GET', '/status']);
  await ask(options, reached, ['POST', '/scrub']);
  for (;;) {
    const status = await ask<AgentStatus>(options, reached, ['GET', '/status']);
    if (!reached.json) options.print(describeScrub(status));
    if (status.scrub.isUrgent) await options.platform.clock.sleep(FOLLOWED_EVERY);
    else {
      if (reached.json) options.print(`${JSON.stringify(status.scrub)}\n`);
      if (status.scrub.lostAssets > before.scrub.lostAssets) throw new CommandFailed();
      return;
    }
  }
}

function addEvict(program: Command, options: CommandOptions): void {
  selecting(reaching(program.command('evict'), options))
    .description('Removes assets that the plan does not want. Planned ones and those in use stay.')
    .option('--unplanned', 'everything that the plan does not want')
    .action(async (selected: Selected & { unplanned?: boolean }) => {
      const selection = selectionOf(selected);
      if (Object.keys(selection).length === 0 && !selected.unplanned)
        throw new CdnError('request-invalid', 'say what: --title, --asset or --unplanned');
      await show<EvictResult>(options, selected, ['POST', '/evict', selection], describeEvict);
    });
}

function addDisks(program: Command, options: CommandOptions): void {
  const disks = program.command('disks').description('Shows the disks and their states.');
  reaching(disks.command('list', { isDefault: true }), options)
    .description('Shows each disk: its state and since when, what it holds, and what is wrong.')
    .action(async (reached: Reached) => {
      const request = ['GET', '/status'] as const;
      const answer = await ask<AgentStatus>(options, reached, request);
      options.print(reached.json ? `${JSON.stringify(answer.disks)}\n` : describeDisks(answer));
    });
  const order = (name: 'replace' | 'return', description: string) =>
    reaching(disks.command(`${name} <diskId>`), options)
      .description(description)
      .action(async (diskId: string, reached: Reached) => {
        if (!isDiskId(diskId))
          throw new CdnError('request-invalid', `expected a disk id, found ${diskId}`);
        const request = ['POST', `/disks/${diskId}/${name}`] as const;
        await show<AgentStatus>(options, reached, request, describeDisks);
      });
  order('replace', 'Takes the blank disk that is mounted in the place of a failed one into use.');
  order(
    'return',
    'Takes a disk into use again that failed or went read-only, and has been mended.',
  );
}
