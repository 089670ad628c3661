import type { Command } from 'commander';
import { Option } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { decodeJson, describeFaults } from '#protocol/decode.ts';
import { dsseEnvelope, openEnvelope } from '#protocol/dsse.ts';
import { FILL_PLAN_TYPE, type FillPlan, fillPlan } from '#protocol/fill-plan.ts';
import { importKeys, keySet } from '#protocol/key-set.ts';
import { type Session, sessionOf, table } from '../session.ts';

const ITEMS_SHOWN_MAX = 40;

export function addPlanCommand(program: Command): void {
  const plan = program.command('plan').description('fill plans');
  plan
    .command('show <oca>')
    .description('show the plan in force of an OCA, after its signature was verified')
    .action(showPlan);
  plan
    .command('run')
    .description('make new plans for all sites')
    .addOption(
      new Option('--window <window>', 'fill at once, or in the next fill window')
        .choices(['now', 'next'])
        .default('next'),
    )
    .action(runPlanner);
}

async function showPlan(oca: string, _options: unknown, command: Command): Promise<void> {
  const session = sessionOf(command);
  const plan = await readPlan(session, oca);
  const rows = plan.items
    .slice(0, ITEMS_SHOWN_MAX)
    .map(({ titleId, file, tier, sizeBytes }) => [
      `  ${titleId}`,
      file,
      tier,
      `${(sizeBytes / 1e6).toFixed(1)} MB`,
    ]);
  const hidden = plan.items.length - rows.length;
  session.print(plan, [
    `${plan.ocaId}  version ${plan.planVersion}, ${plan.items.length} assets`,
    `  window ${time(plan.window.startsAt)} to ${time(plan.window.endsAt)}, expires ${time(plan.expiresAt)}`,
    ...table(rows),
    ...(hidden > 0 ? [`  and ${hidden} more; see --json`] : []),
  ]);
}

async function readPlan(session: Session, oca: string): Promise<FillPlan> {
  const envelope = await session.control.request(
    dsseEnvelope,
    `/v1/ocas/${encodeURIComponent(oca)}/plan`,
  );
  const { keys } = await session.control.request(keySet, '/v1/keys');
  const opened = await openEnvelope(envelope, FILL_PLAN_TYPE, await importKeys(keys, 'fill-plan'));
  if (!opened.ok)
    throw new CdnError('plan-signature', `the plan of ${oca} is not signed by a key in force`);
  const decoded = decodeJson(fillPlan, opened.payload);
  if (!decoded.ok) throw new CdnError('message-invalid', describeFaults(decoded.faults));
  return decoded.value;
}

async function runPlanner({ window }: { window: string }, command: Command): Promise<void> {
  const session = sessionOf(command);
  await session.control.send('/v1/plans', { method: 'POST', body: { window } });
  session.print({ window }, [`asked for new plans for the window "${window}"`]);
}

const time = (at: number): string => new Date(at).toISOString();
