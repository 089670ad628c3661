import { Alarm, AlarmRule, AlarmState, type IAlarmRule } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AwsRegion } from '../../config/regions.ts';
import type { Config } from '../../config/schema.ts';
import { alarmArn, EDGE_FAILING, EDGE_REGION } from '../../names.ts';
import type { Alarms } from './alarms.ts';
import type { ControlPlaneAlarms } from './control-plane-alarms.ts';
import type { FleetAlarms } from './fleet-alarms.ts';

/** In the control stack, which knows the API's id. */
export const CONTROL_API_FAILING = 'control-api-errors';

export interface PagingProps {
  readonly config: Config;
  readonly alarms: Alarms;
  readonly fleet: FleetAlarms;
  readonly controlPlane: ControlPlaneAlarms;
}

/**
 * The two alarms of the control region that page, each once however many of their members ring:
 *
 *     viewers-affected   viewers are failed now          ──suppresses──► fleet-degraded
 *     fleet-degraded     what keeps them from that is going: OCAs by the dozen, or the control plane
 */
export class Paging extends Construct {
  constructor(scope: Construct, id: string, { config, alarms, ...watched }: PagingProps) {
    super(scope, id);
    const { serverErrors, ocasLost, siteEgress } = watched.fleet;
    const viewersAffected = alarms.addComposite({
      name: 'viewers-affected',
      severity: 'critical',
      rule: AlarmRule.anyOf(
        ...this.edgeFailing(config),
        rings(serverErrors),
        AlarmRule.allOf(rings(ocasLost), rings(siteEgress)),
      ),
      description: 'Viewers are failed: by CloudFront, by OCAs, or by too few of these.',
    });
    alarms.addComposite({
      name: 'fleet-degraded',
      severity: 'critical',
      rule: AlarmRule.anyOf(
        rings(ocasLost),
        this.named(config, CONTROL_API_FAILING, config.regions.control),
        ...watched.controlPlane.vital.map(rings),
      ),
      description: 'Many OCAs are lost, or the control plane loses touch with them.',
      suppressedBy: viewersAffected,
    });
  }

  /** Composite alarms take members of their own region only. Source: CloudWatch API reference, PutCompositeAlarm. */
  private edgeFailing(config: Config): IAlarmRule[] {
    if (config.regions.control !== EDGE_REGION) return [];
    return [this.named(config, EDGE_FAILING, EDGE_REGION)];
  }

  /** An alarm of another stack, which is deployed before this one. */
  private named(config: Config, name: string, region: AwsRegion): IAlarmRule {
    return rings(Alarm.fromAlarmArn(this, name, alarmArn(config, name, region)));
  }
}

const rings = (alarm: Parameters<typeof AlarmRule.fromAlarm>[0]): IAlarmRule =>
  AlarmRule.fromAlarm(alarm, AlarmState.ALARM);
