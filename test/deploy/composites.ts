import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import type { AlarmState, DrivenAlarm } from './alarms.ts';
import type { Assembly, Deployment, WantedResource } from './deployment.ts';

/** A composite alarm in the emulator, with the metric alarms that it depends on, however deep. */
export class DrivenComposite {
  readonly name: string;
  readonly region: string;
  private readonly client: CloudWatchClient;
  private readonly leaves: readonly string[];

  constructor(
    { name, region }: { name: string; region: string },
    of: { client: CloudWatchClient; leaves: readonly string[] },
  ) {
    this.name = name;
    this.region = region;
    ({ client: this.client, leaves: this.leaves } = of);
  }

  /** Its states with all leaves OK, with the first of each leaf alone and all together that rings it, and OK again. */
  async play(): Promise<AlarmState[]> {
    const before = await this.stateWith([]);
    let during: AlarmState = 'OK';
    for (const ringing of [...this.leaves.map((leaf) => [leaf]), this.leaves]) {
      during = await this.stateWith(ringing);
      if (during === 'ALARM') break;
    }
    return [before, during, await this.stateWith([])];
  }

  private async stateWith(ringing: readonly string[]): Promise<AlarmState> {
    for (const AlarmName of this.leaves) {
      const StateValue = ringing.includes(AlarmName) ? 'ALARM' : 'OK';
      await this.client.send(
        new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'played' }),
      );
    }
    const { CompositeAlarms = [] } = await this.client.send(
      new DescribeAlarmsCommand({ AlarmNames: [this.name], AlarmTypes: ['CompositeAlarm'] }),
    );
    return CompositeAlarms[0]?.StateValue ?? 'INSUFFICIENT_DATA';
  }
}

/**
 * Makes the composite alarms of an assembly, which the emulator's CloudFormation does not, by its own API: rules and names
 * as in the templates. Alarms on metric math stand in the emulator by their names alone.
 */
export async function createComposites(
  deployment: Deployment,
  { assembly, alarms }: { assembly: Assembly; alarms: readonly DrivenAlarm[] },
): Promise<DrivenComposite[]> {
  for (const { name, region } of alarms.filter(({ isMath }) => isMath)) {
    await deployment.client(CloudWatchClient, region).send(standIn(name));
  }
  const wanted = await deployment.wanted(assembly, 'AWS::CloudWatch::CompositeAlarm');
  const composites = inOrder(wanted.map(described));
  for (const { name, region, rule } of composites) {
    const command = new PutCompositeAlarmCommand({ AlarmName: name, AlarmRule: rule });
    await deployment.client(CloudWatchClient, region).send(command);
  }
  return composites.map(({ name, region }) => {
    const client = deployment.client(CloudWatchClient, region);
    return new DrivenComposite({ name, region }, { client, leaves: leavesOf(name, composites) });
  });
}

/** Takes away what `createComposites` made, for no stack will. */
export async function deleteComposites(
  deployment: Deployment,
  {
    composites,
    alarms,
  }: { composites: readonly DrivenComposite[]; alarms: readonly DrivenAlarm[] },
): Promise<void> {
  // What is made of others goes first.
  for (const { name, region } of [...composites].toReversed()) {
    const client = deployment.client(CloudWatchClient, region);
    await client.send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
  }
  for (const { name, region } of alarms.filter(({ isMath }) => isMath)) {
    const client = deployment.client(CloudWatchClient, region);
    await client.send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
  }
}

interface Composite {
  readonly name: string;
  readonly region: string;
  readonly rule: string;
  /** Names of the alarms in the rule. */
  readonly members: readonly string[];
}

/** An alarm that nothing drives but `SetAlarmState`. */
const standIn = (AlarmName: string) =>
  new PutMetricAlarmCommand({
    AlarmName,
    Namespace: 'StandIn',
    MetricName: AlarmName,
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
  });

function described({ region, properties }: WantedResource): Composite {
  const rule = String(properties.AlarmRule);
  const members = [...rule.matchAll(/(?:ALARM|OK|INSUFFICIENT_DATA)\(["']?([^"')]+)["']?\)/g)];
  return {
    name: String(properties.AlarmName),
    region,
    rule,
    members: members.map(([, member = '']) => member.split(':alarm:').at(-1) ?? ''),
  };
}

/** Members before those that they are members of. */
function inOrder(composites: readonly Composite[]): Composite[] {
  const names = new Set(composites.map(({ name }) => name));
  const placed: Composite[] = [];
  while (placed.length < composites.length) {
    const isReady = ({ name, members }: Composite) =>
      !placed.some((other) => other.name === name) &&
      members.every((member) => !names.has(member) || placed.some(({ name }) => name === member));
    const next = composites.find(isReady);
    if (!next) throw new Error('composite alarms are made of each other in a circle');
    placed.push(next);
  }
  return placed;
}

function leavesOf(name: string, composites: readonly Composite[]): string[] {
  const composite = composites.find((candidate) => candidate.name === name);
  if (!composite) return [name];
  return [...new Set(composite.members.flatMap((member) => leavesOf(member, composites)))];
}
