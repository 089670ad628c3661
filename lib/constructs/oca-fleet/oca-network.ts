import {
  CfnFlowLog,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  IpProtocol,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct, DependencyGroup, type IDependable } from 'constructs';

/** A network of OCAs: where they stand, and who may reach them. */
export interface OcaNetwork {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: SecurityGroup;
  /** What must stand before an instance reaches anything. */
  readonly connectivity: IDependable;
  /** Wavelength Zones have addresses of the carrier instead of public ones, and IPv4 alone. */
  readonly isOfCarrier: boolean;
}

export interface NetworkProps {
  readonly vpcCidr: string;
  readonly availabilityZones: readonly string[];
}

/**
 * Eight subnets of one size, of which six zones need six: a zone that is added later takes the next one, and no other
 * subnet moves. Subnets that share out the whole network would have to, and CloudFormation makes the new ones while the
 * old ones still have their addresses.
 */
export const ZONE_BITS = 3;

export const prefixLengthOf = (vpcCidr: string): number => Number(vpcCidr.split('/')[1]);

/** One public subnet in each Availability Zone, IPv4 and IPv6, and no NAT: an OCA talks to everyone itself. */
export class PublicNetwork extends Construct implements OcaNetwork {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: SecurityGroup;
  readonly connectivity: IDependable;
  readonly isOfCarrier = false;

  constructor(scope: Construct, id: string, { vpcCidr, availabilityZones }: NetworkProps) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ...common(vpcCidr),
      availabilityZones: [...availabilityZones],
      ipProtocol: IpProtocol.DUAL_STACK,
      subnetConfiguration: [
        {
          name: 'Public',
          subnetType: SubnetType.PUBLIC,
          mapPublicIpOnLaunch: true,
          cidrMask: prefixLengthOf(vpcCidr) + ZONE_BITS,
        },
      ],
      // The system's packages and the agent's come from S3.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    }) as IVpc;
    this.subnets = this.vpc.publicSubnets;
    const routes = this.subnets.map((subnet) => subnet.internetConnectivityEstablished);
    this.connectivity = new DependencyGroup(...routes);
    this.securityGroup = openToClients(this, this.vpc);
    this.securityGroup.addIngressRule(Peer.anyIpv6(), Port.tcp(443), 'Clients');
    logRefusals(this, this.vpc);
  }
}

/** What the VPC of either kind has. Its default security group stays as AWS makes it, and nothing uses it: taking its
 * rules away needs a function of CloudFormation's own (a custom resource) in each site's stack. */
export const common = (vpcCidr: string) => ({
  ipAddresses: IpAddresses.cidr(vpcCidr),
  natGateways: 0,
  restrictDefaultSecurityGroup: false,
});

/** Everyone may come in on port 443, as everyone may watch; instances may go anywhere: they fetch what they serve. */
export function openToClients(scope: Construct, vpc: IVpc): SecurityGroup {
  const group = new SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'OCAs: clients on port 443',
    allowAllOutbound: true,
    allowAllIpv6Outbound: true,
  });
  group.addIngressRule(Peer.anyIpv4(), Port.tcp(443), 'Clients');
  return group;
}

/** Who was turned away, for a month. What was let in stands in the OCAs' own reports, and would cost a fortune here. */
export function logRefusals(scope: Construct, vpc: IVpc): void {
  const logGroup = new LogGroup(scope, 'FlowLogs', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, 'FlowLogsRole', {
    assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com', {
      // For this account's flow logs alone, not for those that somebody else makes in our name.
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  });
  logGroup.grant(role, 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents');
  // Not `vpc.addFlowLog`: it writes the checkout's path into the assembly, with what it acknowledges.
  new CfnFlowLog(scope, 'Refused', {
    resourceType: 'VPC',
    resourceId: vpc.vpcId,
    trafficType: 'REJECT',
    logGroupName: logGroup.logGroupName,
    deliverLogsPermissionArn: role.roleArn,
  });
}
