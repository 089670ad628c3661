import { CfnDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnFunction, CfnVersion } from 'aws-cdk-lib/aws-lambda';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Annotations, Aspects, type IAspect, Stack } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { isPublicIpv4, isPublicIpv6 } from '#domain/steering/public-address.ts';
import { EDGE_REGION } from './names.ts';

/**
 * Refuses at synthesis what CDK lets through and AWS refuses at deployment or, worse, accepts to no effect.
 */
export function addGuards(app: IConstruct): void {
  Aspects.of(app).add(new DistributionGuard());
  Aspects.of(app).add(new AlarmGuard());
  Aspects.of(app).add(new RecordGuard());
}

interface Behavior {
  readonly TargetOriginId: string;
  readonly PathPattern?: string;
  readonly AllowedMethods?: readonly string[];
  readonly LambdaFunctionAssociations?: readonly {
    readonly EventType: string;
    readonly LambdaFunctionARN: { readonly Ref: string };
  }[];
}

/** A distribution as it stands in the template, as far as the rules read it. */
interface DistributionProperties {
  readonly DistributionConfig: {
    readonly DefaultCacheBehavior: Behavior;
    readonly CacheBehaviors?: readonly Behavior[];
    readonly OriginGroups?: { readonly Items: readonly { readonly Id: string }[] };
  };
}

/** A function as it stands in the template, as far as the rules read it. */
interface FunctionProperties {
  readonly Architectures?: readonly string[];
  readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
  readonly Layers?: readonly string[];
  readonly MemorySize?: number;
  readonly Timeout?: number;
  readonly TracingConfig?: { readonly Mode: string };
  readonly VpcConfig?: object;
}

/** Source: CloudFront Developer Guide, "Restrictions on Lambda@Edge" and "Quotas", read 2026-11. */
const EDGE_RULES: readonly [string, (fn: FunctionProperties, isViewer: boolean) => boolean][] = [
  ['x86_64', ({ Architectures = ['x86_64'] }) => Architectures.join() === 'x86_64'],
  ['no environment variables', ({ Environment }) => !Environment],
  ['no layers', ({ Layers = [] }) => Layers.length === 0],
  ['no VPC', ({ VpcConfig }) => !VpcConfig],
  ['no X-Ray tracing', ({ TracingConfig }) => TracingConfig?.Mode !== 'Active'],
  ['at most 128 MB', ({ MemorySize = 128 }, isViewer) => !isViewer || MemorySize <= 128],
  ['at most 5 s (viewer) or 30 s', ({ Timeout = 3 }, isViewer) => Timeout <= (isViewer ? 5 : 30)],
];

class DistributionGuard implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof CfnDistribution)) return;
    const stack = Stack.of(node);
    const fault = (text: string) => Annotations.of(node).addError(text);
    if (stack.region !== EDGE_REGION) {
      fault(`certificate and edge functions live in ${EDGE_REGION}, this stack in ${stack.region}`);
    }
    const { DistributionConfig: distribution } = propertiesOf<DistributionProperties>(node);
    const groups = distribution.OriginGroups?.Items.map(({ Id }) => Id) ?? [];
    const behaviors = [distribution.DefaultCacheBehavior, ...(distribution.CacheBehaviors ?? [])];
    const functions = edgeFunctionsOf(stack);
    for (const behavior of behaviors) {
      for (const text of behaviorFaults(behavior, { groups, functions })) {
        fault(`behavior ${behavior.PathPattern ?? '(default)'}: ${text}`);
      }
    }
  }
}

function behaviorFaults(
  behavior: Behavior,
  { groups, functions }: { groups: readonly string[]; functions: Map<string, FunctionProperties> },
): string[] {
  const { AllowedMethods = [], LambdaFunctionAssociations: triggers = [] } = behavior;
  const triggerFaults = triggers.flatMap(({ EventType, LambdaFunctionARN }) => {
    const fn = functions.get(LambdaFunctionARN.Ref);
    if (!fn) return [`its ${EventType} function is not a version in this stack`];
    return EDGE_RULES.filter(([, holds]) => !holds(fn, EventType.startsWith('viewer-'))).map(
      ([rule]) => `its ${EventType} function must have ${rule}`,
    );
  });
  return [
    ...triggerFaults,
    ...(triggers.some(({ EventType }) => EventType === 'viewer-request')
      ? []
      : ['nothing admits its viewers: it needs a viewer-request function']),
    ...(groups.includes(behavior.TargetOriginId) && AllowedMethods.includes('POST')
      ? ['an origin group serves GET, HEAD and OPTIONS only']
      : []),
  ];
}

/** The functions of a stack by the logical id of their versions. */
function edgeFunctionsOf(stack: Stack): Map<string, FunctionProperties> {
  const nodes = stack.node.findAll();
  const functions = new Map(
    nodes
      .filter((node) => node instanceof CfnFunction)
      .map((node) => [stack.resolve(node.logicalId), propertiesOf<FunctionProperties>(node)]),
  );
  const entries = nodes
    .filter((node) => node instanceof CfnVersion)
    .flatMap((version) => {
      const { FunctionName } = propertiesOf<{ FunctionName: { Ref: string } }>(version);
      const fn = functions.get(FunctionName.Ref);
      return fn ? [[stack.resolve(version.logicalId), fn] as const] : [];
    });
  return new Map(entries);
}

interface AlarmedMetric {
  readonly Namespace?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends AlarmedMetric {
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: AlarmedMetric } }[];
}

/** CloudFront publishes to one region, under one more dimension than CDK's own metrics carry (aws-cdk#19245). */
class AlarmGuard implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof CfnAlarm)) return;
    const alarm = propertiesOf<AlarmProperties>(node);
    const metrics = [alarm, ...(alarm.Metrics ?? []).flatMap((m) => m.MetricStat?.Metric ?? [])];
    for (const { Namespace, Dimensions = [] } of metrics) {
      if (Namespace !== 'AWS/CloudFront') continue;
      if (!Dimensions.some(({ Name, Value }) => Name === 'Region' && Value === 'Global')) {
        Annotations.of(node).addError('without the dimension Region=Global it matches no metric');
      }
      if (Stack.of(node).region !== EDGE_REGION) {
        Annotations.of(node).addError(`CloudFront's metrics are in ${EDGE_REGION} only`);
      }
    }
  }
}

interface RecordProperties {
  readonly Name: string;
  readonly Type: string;
  readonly ResourceRecords?: readonly unknown[];
}

const IS_PUBLIC: Readonly<Record<string, (address: string) => boolean>> = {
  A: isPublicIpv4,
  AAAA: isPublicIpv6,
};

/** Every zone of ours is public: an address that the public cannot reach would send viewers nowhere, or into their own network. */
class RecordGuard implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof CfnRecordSet)) return;
    const { Name, Type, ResourceRecords = [] } = propertiesOf<RecordProperties>(node);
    const isPublic = IS_PUBLIC[Type];
    if (!isPublic) return;
    for (const address of ResourceRecords) {
      if (typeof address === 'string' && isPublic(address)) continue;
      Annotations.of(node).addError(
        `${Name} ${Type}: ${JSON.stringify(address)} is not known to be a public address`,
      );
    }
  }
}

/** The properties of a resource as the template will have them. */
function propertiesOf<Properties>(
  node: CfnDistribution | CfnFunction | CfnVersion | CfnAlarm | CfnRecordSet,
): Properties {
  const { Resources } = Stack.of(node).resolve(node._toCloudFormation());
  const [resource] = Object.values<{ Properties: Properties }>(Resources);
  if (!resource) throw new Error(`${node.node.path} renders no resource`);
  return resource.Properties;
}
