import {
  AutoScalingGroup,
  HealthChecks,
  PredefinedMetric,
  TargetTrackingScalingPolicy,
  TerminationPolicy,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling';
import type { LaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { instanceTraits } from '../../instance-types.ts';
import type { OcaNetwork } from './oca-network.ts';

export interface OcaGroupProps {
  readonly config: Config;
  /** First part of the group's and its topic's names. */
  readonly name: string;
  readonly ec2: NonNullable<Config['sites'][number]['ec2']>;
  readonly network: OcaNetwork;
  readonly launchTemplate: LaunchTemplate;
}

/** From launch to a configured agent. *Assumption.* */
const WARM_UP = Duration.minutes(10);
/** A new instance has this long to begin to fill before the next one is replaced. *Assumption.* */
const REPLACEMENT_PAUSE = Duration.minutes(10);
const SECONDS_PER_MINUTE = 60;

/** The instances of a site: as many as their traffic needs, the oldest first to go, and news of each to the operators. */
export class OcaGroup extends Construct {
  constructor(scope: Construct, id: string, props: OcaGroupProps) {
    super(scope, id);
    const { config, name, ec2, network, launchTemplate } = props;
    // Auto Scaling publishes by its service-linked role, which may: unlike CloudWatch it needs no word in the topic's
    // policy. Source: the managed policy AutoScalingServiceRolePolicy, statement SNSManagement, read 2026-11.
    const topic = new Topic(this, 'Scaling', { topicName: `${name}-scaling`, enforceSSL: true });
    for (const recipient of config.alarms.recipients) {
      topic.addSubscription(new EmailSubscription(recipient));
    }
    const group = new AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: name,
      vpc: network.vpc,
      vpcSubnets: { subnets: [...network.subnets] },
      launchTemplate,
      minCapacity: ec2.instancesMin,
      maxCapacity: ec2.instancesMax,
      healthChecks: HealthChecks.ec2({ gracePeriod: WARM_UP }),
      defaultInstanceWarmup: WARM_UP,
      terminationPolicies: [TerminationPolicy.OLDEST_INSTANCE],
      notifications: [{ topic }],
      updatePolicy: UpdatePolicy.rollingUpdate({
        maxBatchSize: 1,
        minInstancesInService: Math.min(ec2.instancesMin, ec2.instancesMax - 1),
        pauseTime: REPLACEMENT_PAUSE,
        waitOnResourceSignals: false,
      }),
    });
    group.node.addDependency(network.connectivity);
    this.followTraffic(group, props);
  }

  /**
   * More instances when the mean of them sends more than the configured share of what one can. Never fewer: an instance
   * that goes takes its full disks and its running sessions with it, so the operator drains it and ends it himself.
   */
  private followTraffic(group: AutoScalingGroup, { config, ec2 }: OcaGroupProps): void {
    const { egress } = instanceTraits(ec2.instanceType);
    const bytesPerSecond = (egress * config.alarms.bandwidthUtilizationMax) / 8;
    new TargetTrackingScalingPolicy(this, 'EgressUtilization', {
      autoScalingGroup: group,
      predefinedMetric: PredefinedMetric.ASG_AVERAGE_NETWORK_OUT,
      // A datapoint is the bytes of a minute, in which CDK's own `scaleOnOutgoingBytes` is mistaken. Source: Amazon EC2
      // User Guide, "CloudWatch metrics", NetworkOut: of a mean, divide by 60.
      targetValue: Math.round(bytesPerSecond * SECONDS_PER_MINUTE),
      estimatedInstanceWarmup: WARM_UP,
      disableScaleIn: true,
    });
  }
}
