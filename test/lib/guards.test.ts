import { expect, test } from '@jest/globals';
import { AllowedMethods, Distribution, LambdaEdgeEventType } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, OriginGroup } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import {
  Architecture,
  Code,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { App, Stack } from 'aws-cdk-lib/core';
import { addGuards } from '../../lib/guards.ts';

/** What the guards say about a stack with these resources. */
function faultsOf(region: string, populate: (stack: Stack) => void): string[] {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'guarded', { env: { account: '111122223333', region } });
  populate(stack);
  addGuards(app);
  const { messages } = app.synth().getStackArtifact('guarded');
  return messages.map(({ entry }) => String(entry.data));
}

const edgeFunction = (stack: Stack, props: object = {}) =>
  new LambdaFunction(stack, 'Edge', {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = () => {}'),
    ...props,
  });

const distribution = (stack: Stack, props: object = {}, behavior: object = {}) =>
  new Distribution(stack, 'Distribution', {
    defaultBehavior: {
      origin: new HttpOrigin('origin.example.com'),
      edgeLambdas: [
        {
          eventType: LambdaEdgeEventType.VIEWER_REQUEST,
          functionVersion: edgeFunction(stack, props).currentVersion as IVersion,
        },
      ],
      ...behavior,
    },
  });

test('a sound distribution has nothing said against it', () => {
  expect(faultsOf('us-east-1', (stack) => distribution(stack))).toEqual([]);
});

test.each([
  ['x86_64', { architecture: Architecture.ARM_64 }],
  ['no X-Ray tracing', { tracing: Tracing.ACTIVE }],
  ['at most 128 MB', { memorySize: 256 }],
])('a viewer-request function must have %s', (rule, props) => {
  expect(faultsOf('us-east-1', (stack) => distribution(stack, props))).toEqual([
    `behavior (default): its viewer-request function must have ${rule}`,
  ]);
});

test('a behavior that nothing guards is refused', () => {
  const faults = faultsOf('us-east-1', (stack) => distribution(stack, {}, { edgeLambdas: [] }));
  expect(faults).toEqual([
    'behavior (default): nothing admits its viewers: it needs a viewer-request function',
  ]);
});

test('a distribution outside us-east-1 is refused', () => {
  expect(faultsOf('eu-west-1', (stack) => distribution(stack))).toContainEqual(
    'certificate and edge functions live in us-east-1, this stack in eu-west-1',
  );
});

test('an origin group behind methods that write is refused', () => {
  const faults = faultsOf('us-east-1', (stack) =>
    distribution(
      stack,
      {},
      {
        allowedMethods: AllowedMethods.ALLOW_ALL,
        origin: new OriginGroup({
          primaryOrigin: new HttpOrigin('a.example.com'),
          fallbackOrigin: new HttpOrigin('b.example.com'),
        }),
      },
    ),
  );
  expect(faults).toEqual(['behavior (default): an origin group serves GET, HEAD and OPTIONS only']);
});

test.each([
  ['A', '10.1.2.3'],
  ['A', '100.64.0.1'],
  ['A', '2001:db8::1'],
  ['AAAA', 'fd00::1'],
  ['AAAA', '::ffff:203.0.113.1'],
])('an %s record of %s, which the public cannot reach, is refused', (type, address) => {
  const record = (values: string[]) =>
    faultsOf('us-east-1', (stack) => {
      new CfnRecordSet(stack, 'Record', {
        hostedZoneId: 'Z0123456789EXAMPLE',
        name: 'metro-1.example.com.',
        type,
        ttl: '60',
        resourceRecords: values,
      });
    });
  const fit = type === 'A' ? '203.0.113.1' : '2001:db8::1';
  expect(record([fit])).toEqual([]);
  expect(record([fit, address])).toEqual([
    `metro-1.example.com. ${type}: "${address}" is not known to be a public address`,
  ]);
});

test('an address that only the deployment knows cannot be judged, and is refused', () => {
  const faults = faultsOf('us-east-1', (stack) => {
    const { attrPublicIp } = new CfnInstance(stack, 'Instance', { imageId: 'ami-1' });
    new CfnRecordSet(stack, 'Record', {
      hostedZoneId: 'Z0123456789EXAMPLE',
      name: 'metro-1.example.com.',
      type: 'A',
      ttl: '60',
      resourceRecords: [attrPublicIp],
    });
  });
  expect(faults).toEqual([expect.stringContaining('is not known to be a public address')]);
});

test("an alarm on CDK's own CloudFront metric, which matches nothing, is refused", () => {
  const alarmOn = (region: string, dimensionsMap: Record<string, string>) =>
    faultsOf(region, (stack) => {
      const metric = new Metric({
        namespace: 'AWS/CloudFront',
        metricName: 'Requests',
        dimensionsMap,
      });
      new Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 });
    });
  expect(alarmOn('us-east-1', { DistributionId: 'E1', Region: 'Global' })).toEqual([]);
  expect(alarmOn('us-east-1', { DistributionId: 'E1' })).toEqual([
    'without the dimension Region=Global it matches no metric',
  ]);
  expect(alarmOn('eu-west-1', { DistributionId: 'E1', Region: 'Global' })).toEqual([
    "CloudFront's metrics are in us-east-1 only",
  ]);
});
