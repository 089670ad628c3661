import type { Config } from '../../../lib/config/schema.ts';
import { ALARM_PARTS, alarmTopicName, EDGE_FAILING, SEVERITIES } from '../../../lib/names.ts';

/** What CloudWatch says of an alarm, as far as it is read. */
export interface DescribedAlarm {
  readonly AlarmName?: string | undefined;
  readonly AlarmDescription?: string | undefined;
  readonly AlarmActions?: readonly string[] | undefined;
  readonly StateValue?: string | undefined;
  readonly StateReason?: string | undefined;
  readonly StateTransitionedTimestamp?: Date | undefined;
  readonly StateUpdatedTimestamp?: Date | undefined;
}

export interface AlarmView {
  /** Without the deployment's prefix. */
  readonly name: string;
  readonly awsRegion: string;
  readonly severity: string;
  readonly state: string;
  /** When the state began, ISO 8601; absent where CloudWatch does not say. */
  readonly since?: string;
  readonly reason: string;
  readonly runbook: string;
}

/** An alarm of this deployment as it is shown; undefined for any other. */
export function ownAlarm(
  alarm: DescribedAlarm,
  { config, awsRegion }: { readonly config: Config; readonly awsRegion: string },
): AlarmView | undefined {
  const { AlarmName = '', AlarmDescription = '', StateValue = '', StateReason = '' } = alarm;
  const name = AlarmName.slice(config.prefix.length + 1);
  const [, severity = '', runbook = ''] =
    /^\[(\w+)\] .* Runbook: (\S+#\S+)$/s.exec(AlarmDescription) ?? [];
  if (runbook === '' || !isOwn(name, alarm.AlarmActions ?? [], config)) return undefined;
  const since = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  return {
    name,
    awsRegion,
    severity,
    state: StateValue,
    ...(since ? { since: since.toISOString() } : {}),
    reason: StateReason,
    runbook,
  };
}

/** The prefix of another deployment may begin with this one's, so the topics tell whose alarm it is. */
function isOwn(name: string, actions: readonly string[], config: Config): boolean {
  if (actions.length === 0) return name === EDGE_FAILING;
  const own = ALARM_PARTS.flatMap((part) =>
    SEVERITIES.map((severity) => alarmTopicName(config, part, severity)),
  );
  return actions.every((action) => own.includes(action.split(':').at(-1) ?? ''));
}
