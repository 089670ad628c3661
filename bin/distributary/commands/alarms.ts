import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import type { Command } from 'commander';
import { CdnError } from '#domain/errors.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';
import type { Config } from '../../../lib/config/schema.ts';
import { EDGE_REGION } from '../../../lib/names.ts';
import { type AlarmView, type DescribedAlarm, ownAlarm } from '../alarms/own-alarm.ts';
import { sessionOf, table } from '../session.ts';

export function addAlarmsCommand(program: Command): void {
  program
    .command('alarms')
    .description(
      "list the deployment's CloudWatch alarms with state, since when, and what to read; with the AWS credentials of the environment",
    )
    .requiredOption('--config <file>', 'the configuration')
    .action(listAlarms);
}

/** The worst first. */
const ORDER: Readonly<Record<string, number>> = { ALARM: 0, INSUFFICIENT_DATA: 1, OK: 2 };

async function listAlarms(options: { config: string }, command: Command): Promise<void> {
  const config = loadConfig(options.config);
  const { control, playback } = config.regions;
  const regions = [...new Set([control, EDGE_REGION, ...playback])];
  const found = await Promise.all(regions.map((region) => alarmsIn(region, config)));
  const alarms = found
    .flat()
    .toSorted(
      (one, other) =>
        (ORDER[one.state] ?? 0) - (ORDER[other.state] ?? 0) || one.name.localeCompare(other.name),
    );
  const rows = alarms.map(({ state, name, awsRegion, since, runbook }) => [
    ...[state, name, awsRegion, since ?? '-', runbook],
  ]);
  sessionOf(command).print(
    { alarms },
    table([['STATE', 'ALARM', 'REGION', 'SINCE', 'RUNBOOK'], ...rows]),
  );
}

/** @throws CdnError `upstream-unreachable` when CloudWatch does not answer, or refuses. */
async function alarmsIn(awsRegion: string, config: Config): Promise<AlarmView[]> {
  const client = new CloudWatchClient({ region: awsRegion });
  const found: DescribedAlarm[] = [];
  try {
    const pages = paginateDescribeAlarms(
      { client },
      {
        AlarmNamePrefix: `${config.prefix}-`,
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      },
    );
    for await (const page of pages)
      found.push(...(page.CompositeAlarms ?? []), ...(page.MetricAlarms ?? []));
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new CdnError('upstream-unreachable', `CloudWatch in ${awsRegion}: ${reason}`, { cause });
  } finally {
    client.destroy();
  }
  return found.flatMap((alarm) => ownAlarm(alarm, { config, awsRegion }) ?? []);
}
