import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { CfnDNSSEC, KeySigningKey, KeySigningKeyStatus } from 'aws-cdk-lib/aws-route53';
import { type CfnResource, Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { hostedZone } from '../hosted-zone.ts';
import type { Alarms } from '../monitoring/alarms.ts';

/**
 * Signs the hosted zone with DNSSEC. Key, key-signing key and signing itself are retained when the stack lets go of
 * them: as long as the parent zone has the DS record, a zone that is signed no more is a zone that resolvers refuse.
 */
export class ZoneSigning extends Construct {
  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const zone = hostedZone(this, 'Zone', config);
    const key = new Key(this, 'Key', {
      description: `${config.prefix}: signs the DNS zone ${zone.zoneName}`,
      // The only kind that Route 53 takes. Source: Route 53 Developer Guide, "Working with customer managed keys for DNSSEC".
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const keySigningKey = new KeySigningKey(this, 'KeySigningKey', {
      hostedZone: zone,
      kmsKey: key,
      // Route 53 allows letters, digits and underscores.
      keySigningKeyName: config.prefix.replaceAll('-', '_'),
      status: KeySigningKeyStatus.ACTIVE,
    });
    const signing = new CfnDNSSEC(this, 'Signing', { hostedZoneId: zone.hostedZoneId });
    const keyResource = keySigningKey.node.defaultChild as CfnResource;
    signing.addResourceDependency(keyResource);
    for (const resource of [keyResource, signing]) {
      resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
  }
}

/** Adds the two alarms that say that signing is about to break, or has. A broken zone resolves for nobody who validates. */
export function addZoneSigningAlarms(alarms: Alarms, { domain }: Config): void {
  // Both metrics are 1 while there is a fault. Source: Route 53 Developer Guide, "Monitoring hosted zones using CloudWatch".
  const metric = (metricName: string) =>
    new Metric({
      namespace: 'AWS/Route53',
      metricName,
      dimensionsMap: { HostedZoneId: domain.hostedZoneId },
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(5),
    });
  alarms.add({
    name: 'dnssec-internal-failure',
    severity: 'critical',
    metric: metric('DNSSECInternalFailure'),
    isFaulty: { above: 0 },
    description:
      'Route 53 cannot sign the zone: resolvers that validate may refuse every name of the CDN.',
    periods: 1,
  });
  alarms.add({
    name: 'dnssec-keys-need-action',
    severity: 'critical',
    metric: metric('DNSSECKeySigningKeysNeedingAction'),
    isFaulty: { above: 0 },
    description:
      'The key that signs the zone cannot be used, mostly for want of rights on its KMS key.',
    periods: 1,
  });
}
