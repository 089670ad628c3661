import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { CarrierNetwork } from '../constructs/oca-fleet/carrier-network.ts';
import { OcaGroup } from '../constructs/oca-fleet/oca-group.ts';
import { ocaLaunchTemplate } from '../constructs/oca-fleet/oca-launch-template.ts';
import { PublicNetwork } from '../constructs/oca-fleet/oca-network.ts';
import { ocaFleetName } from '../names.ts';

type Site = Config['sites'][number];

export interface OcaFleetProps {
  readonly config: Config;
  readonly site: Site & { readonly ec2: NonNullable<Site['ec2']> };
}

/** The OCAs of one site, as instances of EC2 in a network of their own: in a region, or in a carrier's Wavelength Zone. */
export class OcaFleetStack extends Stack {
  private readonly zones: readonly string[];

  constructor(scope: Construct, { config, site }: OcaFleetProps) {
    const { siteId, ec2 } = site;
    super(scope, ocaFleetName(config, siteId), {
      env: { account: config.account, region: ec2.region },
      description: `Distributary: OCAs on EC2, site ${siteId}`,
    });
    const { vpcCidr, availabilityZones } = ec2;
    this.zones = availabilityZones;
    // What Validations.acknowledge() writes, without the stack trace: that has the checkout's path in it.
    this.node.addMetadata('aws:cdk:acknowledged-rules', {
      'CloudFormation-Validate::W3010':
        'The zones are the configuration’s: where a site stands is no matter of chance.',
    });
    const isWavelength = availabilityZones.some((zone) => zone.includes('-wlz-'));
    const network = isWavelength
      ? new CarrierNetwork(this, 'Network', { vpcCidr, availabilityZones })
      : new PublicNetwork(this, 'Network', { vpcCidr, availabilityZones });
    const launchTemplate = ocaLaunchTemplate(this, 'LaunchTemplate', {
      config,
      site,
      instanceType: ec2.instanceType,
      network,
    });
    new OcaGroup(this, 'Ocas', {
      config,
      name: ocaFleetName(config, siteId),
      ec2,
      network,
      launchTemplate,
    });
  }

  /** The zones of the configuration: CDK asks the account for a region's zones even where a VPC is told them. */
  override get availabilityZones(): string[] {
    return [...this.zones];
  }
}
