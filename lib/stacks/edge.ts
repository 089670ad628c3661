import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { AccessLogDelivery } from '../constructs/access-log-delivery.ts';
import { AliasRecords } from '../constructs/alias-records.ts';
import { EdgeMonitoring } from '../constructs/edge-monitoring.ts';
import { hostedZone } from '../constructs/hosted-zone.ts';
import { MediaDistribution } from '../constructs/media-distribution.ts';
import { EDGE_REGION, hosts, stackName } from '../names.ts';

/** Everything of CloudFront, in the one region that it takes its parts from. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'edge'), {
      env: { account: config.account, region: EDGE_REGION },
      description: 'Distributary: CloudFront distribution, edge functions, logs and alarms',
    });
    // Lambda@Edge logs beside the viewer, never in the group that this flag would create.
    this.node.setContext('@aws-cdk/aws-lambda:useCdkManagedLogGroup', false);
    const zone = hostedZone(this, 'Zone', config);
    const { cloudFront, assets } = hosts(config);
    const certificate = new Certificate(this, 'Certificate', {
      domainName: cloudFront,
      subjectAlternativeNames: [assets],
      validation: CertificateValidation.fromDns(zone),
    });
    const { distribution } = new MediaDistribution(this, 'Media', { config, certificate });
    new AccessLogDelivery(this, 'AccessLogs', { config, distribution });
    new EdgeMonitoring(this, 'Monitoring', { config, distribution });
    for (const [id, host] of [
      ['CloudFrontName', cloudFront],
      ['AssetsName', assets],
    ] as const) {
      new AliasRecords(this, id, { zone, host, ...cloudFrontAlias(this, distribution) });
    }
    new CfnOutput(this, 'DistributionId', { value: distribution.distributionId });
  }
}

const cloudFrontAlias = (scope: Construct, distribution: Distribution) => ({
  target: {
    dnsName: distribution.distributionDomainName,
    hostedZoneId: CloudFrontTarget.getHostedZoneId(scope),
  },
  evaluateTargetHealth: false,
});
