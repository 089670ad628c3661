import { HostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';

/** The configured zone: by name and id, so that nothing is looked up. */
export const hostedZone = (scope: Construct, id: string, { domain }: Config): IHostedZone =>
  HostedZone.fromHostedZoneAttributes(scope, id, {
    hostedZoneId: domain.hostedZoneId,
    zoneName: domain.zoneName ?? domain.name,
  });
