import type { DeployedResources } from '#domain/cost/monthly-bill.ts';
import { buildApp } from '../../../lib/app.ts';
import type { Config } from '../../../lib/config/schema.ts';

interface TemplateResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties are as deep as they are untyped.
  readonly Properties?: any;
}

/** Counts in the stacks of `config`, as they are synthesized, what costs money by being there. */
export function deployedResources(config: Config): Omit<DeployedResources, 'customMetrics'> {
  const resources = buildApp(config)
    .synth()
    .stacks.flatMap(({ template }) => Object.values<TemplateResource>(template.Resources));
  const of = (type: string) => resources.filter(({ Type }) => Type === type);
  const sum = (type: string, count: (resource: TemplateResource) => number) =>
    of(type).reduce((total, resource) => total + count(resource), 0);
  return {
    // The zone itself is older than the deployment.
    hostedZones: 1,
    healthChecks: of('AWS::Route53::HealthCheck').length,
    healthCheckFeatures: sum('AWS::Route53::HealthCheck', healthCheckFeatures),
    alarmMetrics: sum('AWS::CloudWatch::Alarm', alarmMetrics),
    compositeAlarms: of('AWS::CloudWatch::CompositeAlarm').length,
    dashboards: of('AWS::CloudWatch::Dashboard').length,
    secrets: sum('AWS::SecretsManager::Secret', secretCopies),
    keys: of('AWS::KMS::Key').length + of('AWS::KMS::ReplicaKey').length,
    webAcls: of('AWS::WAFv2::WebACL').length,
    webAclRules: sum('AWS::WAFv2::WebACL', ({ Properties }) => Properties?.Rules?.length ?? 0),
    instancesByType: instancesByType(config),
    ocas: config.sites.reduce((total, { ocas }) => total + ocas.length, 0),
  };
}

/** As many as the groups keep when nobody watches. */
function instancesByType({ sites }: Config): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { ec2 } of sites) {
    if (ec2) counts[ec2.instanceType] = (counts[ec2.instanceType] ?? 0) + ec2.instancesMin;
  }
  return counts;
}

/** Source: aws.amazon.com/route53/pricing, "optional features". A check of calculated or metric state has none. */
function healthCheckFeatures({ Properties }: TemplateResource): number {
  const { Type, RequestInterval, MeasureLatency } = Properties?.HealthCheckConfig ?? {};
  return [String(Type).startsWith('HTTPS'), RequestInterval === 10, MeasureLatency === true].filter(
    Boolean,
  ).length;
}

/** An alarm on a math expression is billed for each metric in it. */
function alarmMetrics({ Properties }: TemplateResource): number {
  const metrics = Properties?.Metrics as readonly { MetricStat?: object }[] | undefined;
  return metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1;
}

const secretCopies = ({ Properties }: TemplateResource): number =>
  1 + (Properties?.ReplicaRegions?.length ?? 0);
