import {
  CfnCarrierGateway,
  CfnRoute,
  CfnRouteTable,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  type ISubnet,
  type IVpc,
  type SecurityGroup,
  Subnet,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Fn } from 'aws-cdk-lib/core';
import { Construct, DependencyGroup } from 'constructs';
import {
  common,
  logRefusals,
  type NetworkProps,
  type OcaNetwork,
  openToClients,
  prefixLengthOf,
  ZONE_BITS,
} from './oca-network.ts';

/**
 * A subnet in each Wavelength Zone, reached through the carrier gateway: by the carrier's own subscribers alone, over
 * IPv4. Source: AWS Wavelength Developer Guide, "How AWS Wavelength works", read 2026-11.
 */
export class CarrierNetwork extends Construct implements OcaNetwork {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: SecurityGroup;
  readonly connectivity: DependencyGroup;
  readonly isOfCarrier = true;

  constructor(scope: Construct, id: string, { vpcCidr, availabilityZones }: NetworkProps) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ...common(vpcCidr),
      createInternetGateway: false,
      subnetConfiguration: [],
    }) as IVpc;
    const { vpcId } = this.vpc;
    const gateway = new CfnCarrierGateway(this, 'CarrierGateway', { vpcId });
    const routeTable = new CfnRouteTable(this, 'RouteTable', { vpcId });
    const toCarrier = new CfnRoute(this, 'ToCarrier', {
      routeTableId: routeTable.attrRouteTableId,
      destinationCidrBlock: '0.0.0.0/0',
      carrierGatewayId: gateway.attrCarrierGatewayId,
    });
    const hostBits = 32 - ZONE_BITS - prefixLengthOf(vpcCidr);
    const blocks = Fn.cidr(vpcCidr, availabilityZones.length, String(hostBits));
    this.connectivity = new DependencyGroup(toCarrier);
    this.subnets = availabilityZones.map((availabilityZone, index) => {
      const subnet = new CfnSubnet(this, `Subnet${index + 1}`, {
        vpcId,
        availabilityZone,
        cidrBlock: Fn.select(index, blocks),
      });
      const { attrSubnetId: subnetId } = subnet;
      const { attrRouteTableId: routeTableId } = routeTable;
      const association = { subnetId, routeTableId };
      const id = `Subnet${index + 1}`;
      this.connectivity.add(new CfnSubnetRouteTableAssociation(this, `${id}Routes`, association));
      return Subnet.fromSubnetAttributes(this, `${id}Imported`, {
        ...association,
        availabilityZone,
      });
    });
    this.securityGroup = openToClients(this, this.vpc);
    logRefusals(this, this.vpc);
  }
}
