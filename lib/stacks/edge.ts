import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { AliasRecords } from '../constructs/alias-records.ts';
import { AccessLogDelivery } from '../constructs/edge/access-log-delivery.ts';
import {
  type DistributionSite,
  MediaDistributions,
} from '../constructs/edge/media-distributions.ts';
import { RateLimit } from '../constructs/edge/rate-limit.ts';
import { hostedZone } from '../constructs/hosted-zone.ts';
import { EdgeMonitoring } from '../constructs/monitoring/edge-monitoring.ts';
import { addSpendingBudget } from '../constructs/monitoring/spending-budget.ts';
import { distributionHosts, EDGE_REGION, hosts, stackName } from '../names.ts';

/** Everything of CloudFront, in the one region that it takes its parts from; and the account's budget. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'edge'), {
      env: { account: config.account, region: EDGE_REGION },
      description: 'Distributary: CloudFront distributions, edge functions, logs, alarms, budget',
    });
    // Lambda@Edge logs beside the viewer, never in the group that this flag would create.
    this.node.setContext('@aws-cdk/aws-lambda:useCdkManagedLogGroup', false);
    const zone = hostedZone(this, 'Zone', config);
    const sites = this.sites(config, zone);
    const { distributions } = new MediaDistributions(this, 'Media', {
      config,
      sites,
      ...this.rateLimit(config),
    });
    for (const [index, distribution] of distributions.entries()) {
      const number = index + 1;
      const id = (name: string) => numbered(name, number);
      new AccessLogDelivery(this, id('AccessLogs'), { config, distribution, number });
      const [own = '', ...others] = sites[index]?.hosts ?? [];
      const target = cloudFrontAlias(this, distribution);
      new AliasRecords(this, id('CloudFrontName'), { zone, host: own, ...target });
      for (const host of others) new AliasRecords(this, 'AssetsName', { zone, host, ...target });
      new CfnOutput(this, id('DistributionId'), { value: distribution.distributionId });
    }
    new EdgeMonitoring(this, 'Monitoring', {
      config,
      distributions: monitored(distributions, sites),
    });
    addSpendingBudget(this, 'Budget', config);
  }

  /** The first distribution has the artwork's name too; each has its own certificate, since one holds few names. */
  private sites(config: Config, zone: IHostedZone): DistributionSite[] {
    return distributionHosts(config).map((host, index) => {
      const others = index === 0 ? [hosts(config).assets] : [];
      const certificate = new Certificate(this, numbered('Certificate', index + 1), {
        domainName: host,
        ...(others.length > 0 ? { subjectAlternativeNames: others } : {}),
        validation: CertificateValidation.fromDns(zone),
      });
      return { hosts: [host, ...others], certificate };
    });
  }

  private rateLimit(config: Config): { webAclArn?: string } {
    if (!config.waf) return {};
    const { requestsPerAddressMax } = config.waf;
    const { webAclArn } = new RateLimit(this, 'RateLimit', { config, requestsPerAddressMax });
    return { webAclArn };
  }
}

const monitored = (distributions: readonly Distribution[], sites: readonly DistributionSite[]) =>
  sites.flatMap(({ certificate }, index) => {
    const distribution = distributions[index];
    return distribution ? [{ distribution, certificate }] : [];
  });

/** Ids of the first distribution's parts have no number, so that a second one replaces none of them. */
const numbered = (id: string, number: number): string => (number === 1 ? id : `${id}${number}`);

const cloudFrontAlias = (scope: Construct, distribution: Distribution) => ({
  target: {
    dnsName: distribution.distributionDomainName,
    hostedZoneId: CloudFrontTarget.getHostedZoneId(scope),
  },
  evaluateTargetHealth: false,
});
