import {
  BlockDeviceVolume,
  type CfnLaunchTemplate,
  EbsDeviceVolumeType,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MachineImage,
  OperatingSystemType,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { SiteId } from '#domain/ids.ts';
import { agentPackage } from '../../agent-package.ts';
import type { Config } from '../../config/schema.ts';
import { type InstanceTraits, instanceTraits } from '../../instance-types.ts';
import type { OcaNetwork } from './oca-network.ts';
import { ocaRole } from './oca-role.ts';

export interface OcaLaunchTemplateProps {
  readonly config: Config;
  readonly site: Config['sites'][number];
  readonly instanceType: string;
  readonly network: OcaNetwork;
}

const ROOT_VOLUME_GIB = 30;

/**
 * How an instance of a site comes up: Amazon Linux 2023 as of its launch, so that a deployment replaces no instance (and
 * what it holds) because of a newer image. Metadata version 2 from the instance alone; an encrypted root; the agent.
 */
export function ocaLaunchTemplate(
  scope: Construct,
  id: string,
  { config, site, instanceType, network }: OcaLaunchTemplateProps,
): LaunchTemplate {
  const traits = instanceTraits(instanceType);
  const agent = new Asset(scope, 'AgentPackage', { path: agentPackage() });
  const { siteId } = site;
  const template = new LaunchTemplate(scope, id, {
    instanceType: new InstanceType(instanceType),
    machineImage: MachineImage.resolveSsmParameterAtLaunch(
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${traits.architecture}`,
      { os: OperatingSystemType.LINUX },
    ),
    role: ocaRole(scope, 'Role', { config, siteId, agent }),
    userData: userData({ config, site, traits, agent }),
    securityGroup: network.securityGroup,
    detailedMonitoring: true,
    requireImdsv2: true,
    httpEndpoint: true,
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    httpPutResponseHopLimit: 1,
    blockDevices: [{ deviceName: '/dev/xvda', volume: rootVolume(network) }],
  });
  if (network.isOfCarrier) giveCarrierAddress(template, network);
  return template;
}

/** Wavelength Zones have gp2 alone. Source: AWS Wavelength Developer Guide, "Amazon EBS considerations". */
const rootVolume = ({ isOfCarrier }: OcaNetwork): BlockDeviceVolume =>
  BlockDeviceVolume.ebs(ROOT_VOLUME_GIB, {
    encrypted: true,
    volumeType: isOfCarrier ? EbsDeviceVolumeType.GP2 : EbsDeviceVolumeType.GP3,
  });

/** An interface that is spelled out has its security groups itself. Source: AWS::EC2::LaunchTemplate, NetworkInterface. */
function giveCarrierAddress(template: LaunchTemplate, { securityGroup }: OcaNetwork): void {
  const resource = template.node.defaultChild as CfnLaunchTemplate;
  resource.addPropertyDeletionOverride('LaunchTemplateData.SecurityGroupIds');
  resource.addPropertyOverride('LaunchTemplateData.NetworkInterfaces', [
    {
      DeviceIndex: 0,
      AssociateCarrierIpAddress: true,
      DeleteOnTermination: true,
      Groups: [securityGroup.securityGroupId],
    },
  ]);
}

/**
 * A command that needs the network or the role, which may be late. User data runs once: an instance that gave up would
 * stand there for ever, healthy to its group and useless.
 */
const untilDone = (command: string): string => `until ${command}; do sleep 15; done`;

/** Only what cannot be in the package: the system's packages, the site, and the package itself. No secret stands here. */
function userData({
  config,
  site,
  traits,
  agent,
}: {
  config: Config;
  site: { readonly siteId: SiteId; readonly fill: Config['sites'][number]['fill'] };
  traits: InstanceTraits;
  agent: Asset;
}): UserData {
  const variables = {
    OCA_SITE_ID: site.siteId,
    OCA_DOMAIN: config.domain.name,
    OCA_CONTROL_REGION: config.regions.control,
    OCA_TIER: traits.tier,
    OCA_TOKENS: config.tokens.required ? 'required' : 'off',
    OCA_EGRESS_BITS_PER_SECOND: String(traits.egress),
    OCA_FILL_BITS_PER_SECOND: String(site.fill.ocaBitsPerSecond),
  };
  const commands = UserData.forLinux();
  commands.addCommands(
    'set -euo pipefail',
    'exec > >(tee /dev/console) 2>&1',
    // Source: Amazon Linux 2023 User Guide, "Node.js in AL2023": nodejs24 gives the program node-24.
    untilDone('dnf install -y -q nodejs24 xfsprogs'),
    'useradd --system --home-dir /var/lib/oca-agent --shell /usr/sbin/nologin oca || id oca',
    'install -d -m 755 /usr/lib/oca-agent /var/lib/oca/disks',
    'install -d -m 750 -g oca /etc/oca-agent',
    'install -d -m 750 -o oca -g oca /var/lib/oca-agent',
    "cat >/etc/oca-agent/site.env <<'EOF'",
    ...Object.entries(variables).map(([name, value]) => `${name}='${value}'`),
    'EOF',
    untilDone(`aws s3 cp --no-progress '${agent.s3ObjectUrl}' /tmp/oca-agent.zip`),
    'python3 -m zipfile -e /tmp/oca-agent.zip /usr/lib/oca-agent',
    'rm /tmp/oca-agent.zip',
    'install -m 644 /usr/lib/oca-agent/oca-*.service /etc/systemd/system/',
    'printf \'#!/bin/sh\\nexec node-24 /usr/lib/oca-agent/oca.cjs "$@"\\n\' >/usr/bin/oca',
    'chmod 755 /usr/bin/oca',
    'systemctl daemon-reload',
    'systemctl enable oca-prepare.service',
    'systemctl start --no-block oca-prepare.service',
  );
  return commands;
}
