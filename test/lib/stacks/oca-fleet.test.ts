import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { carrierSite, regionalSite } from '../ec2-sites.ts';
import { exampleConfig } from '../example-config.ts';
import { type Properties, Synthesized } from '../synthesized.ts';

const REGION = 'oca-test-west';
const CARRIER = 'oca-test-carrier';

let both: Synthesized;
let enrolment: Synthesized;

beforeAll(async () => {
  const config = exampleConfig((raw) => {
    raw.sites = [regionalSite(), carrierSite()];
  });
  both = await Synthesized.of(config, REGION, CARRIER);
  enrolment = (await Synthesized.of(config, 'control')).within('Enrolment');
});

const only = (type: string, stack: string): Properties => both.only(type, stack);
const launchData = (stack: string): Properties =>
  only('AWS::EC2::LaunchTemplate', stack).LaunchTemplateData;

test('in a region: a public subnet a zone, IPv4 and IPv6, no NAT, and the way to S3 without a detour', () => {
  const subnets = both.properties('AWS::EC2::Subnet', REGION);
  expect(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
    'us-west-2a',
    'us-west-2c',
  ]);
  for (const subnet of subnets)
    expect(subnet).toMatchObject({ MapPublicIpOnLaunch: true, AssignIpv6AddressOnCreation: true });
  expect(both.resources('AWS::EC2::NatGateway')).toEqual([]);
  expect(only('AWS::EC2::VPCEndpoint', REGION)).toMatchObject({ VpcEndpointType: 'Gateway' });
  const routes = both.properties('AWS::EC2::Route', REGION);
  const destinations = routes.map(
    ({ DestinationCidrBlock, DestinationIpv6CidrBlock }) =>
      DestinationCidrBlock ?? DestinationIpv6CidrBlock,
  );
  expect(destinations.toSorted()).toEqual(['0.0.0.0/0', '0.0.0.0/0', '::/0', '::/0']);
});

test('a zone more takes addresses of its own, and the subnets that are there stay as they are', async () => {
  const zones = ['us-west-2a', 'us-west-2c', 'us-west-2b', 'us-west-2d'];
  const larger = exampleConfig((raw) => {
    raw.sites = [regionalSite({ availabilityZones: zones })];
  });
  const blocksOf = (synthesized: Synthesized) =>
    synthesized
      .properties('AWS::EC2::Subnet', REGION)
      .map(({ AvailabilityZone, CidrBlock }) => `${AvailabilityZone} ${CidrBlock}`);
  const blocks = blocksOf(await Synthesized.of(larger, REGION));
  expect(blocks).toEqual([...blocksOf(both), 'us-west-2b 10.20.4.0/23', 'us-west-2d 10.20.6.0/23']);
});

test('in a Wavelength Zone: subnets of the zones, all routes to the carrier, IPv4 alone', () => {
  const subnets = both.properties('AWS::EC2::Subnet', CARRIER);
  expect(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
    'us-east-1-wl1-bos-wlz-1',
    'us-east-1-wl1-nyc-wlz-1',
  ]);
  expect(subnets[1]?.CidrBlock).toEqual({
    'Fn::Select': [1, { 'Fn::Cidr': ['10.21.0.0/24', 2, '5'] }],
  });
  expect(only('AWS::EC2::Route', CARRIER)).toMatchObject({
    DestinationCidrBlock: '0.0.0.0/0',
    CarrierGatewayId: {
      'Fn::GetAtt': [expect.stringMatching(/CarrierGateway/), 'CarrierGatewayId'],
    },
  });
  expect(both.resources('AWS::EC2::SubnetRouteTableAssociation', CARRIER)).toHaveLength(2);
  for (const type of ['InternetGateway', 'VPCCidrBlock', 'NatGateway'])
    expect(both.resources(`AWS::EC2::${type}`, CARRIER)).toEqual([]);
});

test('instances of a Wavelength Zone get a carrier address, and gp2 volumes', () => {
  const { NetworkInterfaces, SecurityGroupIds, BlockDeviceMappings } = launchData(CARRIER);
  expect(NetworkInterfaces).toEqual([
    expect.objectContaining({ DeviceIndex: 0, AssociateCarrierIpAddress: true }),
  ]);
  expect(NetworkInterfaces[0].Groups).toHaveLength(1);
  expect(SecurityGroupIds).toBeUndefined();
  expect(BlockDeviceMappings[0].Ebs).toMatchObject({ VolumeType: 'gp2', Encrypted: true });
});

test('port 443 is open to everyone, over TCP, and nothing else is', () => {
  const openOf = (stack: string) =>
    only('AWS::EC2::SecurityGroup', stack)
      .SecurityGroupIngress.map(
        ({ CidrIp, CidrIpv6, IpProtocol, FromPort, ToPort }: Properties) =>
          `${CidrIp ?? CidrIpv6} ${IpProtocol} ${FromPort}-${ToPort}`,
      )
      .toSorted();
  expect(openOf(REGION)).toEqual(['0.0.0.0/0 tcp 443-443', '::/0 tcp 443-443']);
  expect(openOf(CARRIER)).toEqual(['0.0.0.0/0 tcp 443-443']);
  expect(both.resources('AWS::EC2::SecurityGroupIngress')).toEqual([]);
});

test('who was turned away is logged, for a month', () => {
  for (const stack of [REGION, CARRIER]) {
    expect(only('AWS::EC2::FlowLog', stack)).toMatchObject({ TrafficType: 'REJECT' });
    expect(only('AWS::Logs::LogGroup', stack)).toMatchObject({ RetentionInDays: 30 });
    const [trust] = both
      .properties('AWS::IAM::Role', stack)
      .map(({ AssumeRolePolicyDocument }) => AssumeRolePolicyDocument.Statement[0])
      .filter(({ Principal }) => Principal.Service === 'vpc-flow-logs.amazonaws.com');
    expect(trust.Condition).toEqual({ StringEquals: { 'aws:SourceAccount': '111122223333' } });
  }
});

test('instances are of the type’s architecture, with metadata version 2 for themselves alone and an encrypted root', () => {
  const data = launchData(REGION);
  expect(data).toMatchObject({
    InstanceType: 'im4gn.4xlarge',
    ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    Monitoring: { Enabled: true },
  });
  expect(data.BlockDeviceMappings[0].Ebs).toMatchObject({ VolumeType: 'gp3', Encrypted: true });
  expect(launchData(CARRIER).ImageId).toMatch(/-x86_64$/);
});

test('the role says the site, is for EC2 alone, and opens enrolment, the one package and Session Manager', () => {
  const role = both
    .properties('AWS::IAM::Role', REGION)
    .find(({ RoleName }) => RoleName === 'distributary-oca-test-west');
  expect(role.AssumeRolePolicyDocument.Statement).toEqual([
    { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' } },
  ]);
  expect(JSON.stringify(role.ManagedPolicyArns)).toMatch(
    /^\[[^\]]*:iam::aws:policy\/AmazonSSMManagedInstanceCore"\]\]\}\]$/,
  );
  const [{ PolicyDocument }, ...others] = role.Policies;
  expect(others).toEqual([]);
  expect(PolicyDocument.Statement).toEqual([
    {
      Action: 'execute-api:Invoke',
      Effect: 'Allow',
      Resource: 'arn:aws:execute-api:us-east-1:111122223333:*/*/POST/v1/enrolments',
    },
    {
      Action: 's3:GetObject',
      Effect: 'Allow',
      Resource: expect.stringMatching(
        /^arn:aws:s3:::cdk-hnb659fds-assets-111122223333-us-west-2\/[0-9a-f]{64}\.zip$/,
      ),
    },
  ]);
});

test('what an instance is told has no secret in it, and names site, tier, limits and package', () => {
  const userData = launchData(REGION).UserData['Fn::Base64'];
  for (const line of [
    "OCA_SITE_ID='test-west'",
    "OCA_DOMAIN='example.com'",
    "OCA_CONTROL_REGION='us-east-1'",
    "OCA_TIER='flash'",
    "OCA_TOKENS='required'",
    "OCA_EGRESS_BITS_PER_SECOND='5000000000'",
    "OCA_FILL_BITS_PER_SECOND='4000000000'",
  ])
    expect(userData.split('\n')).toContain(line);
  const [, key] = /s3:\/\/[^/]+\/([0-9a-f]{64}\.zip)/.exec(userData) ?? [];
  const [{ PolicyDocument }] = both
    .properties('AWS::IAM::Role', REGION)
    .flatMap(({ Policies = [] }) => Policies);
  expect(PolicyDocument.Statement[1].Resource.endsWith(`/${key}`)).toBe(true);
  expect(userData.length).toBeLessThan(16_384);
  expect(userData).not.toMatch(/PRIVATE KEY|secret/i);
});

test('packages and agent are asked for until they come, however late network and role are', () => {
  const script: string = launchData(REGION).UserData['Fn::Base64'];
  const commands = script.split('\n').filter((line) => /\b(?:dnf|aws) /.test(line));
  expect(commands).toHaveLength(2);
  // Each fails twice, as itself and not as a loop that ran out of patience.
  const stubs = ['tries=0', 'sleep() { :; }', 'dnf() { late; }', 'aws() { late; }'];
  const late = 'late() { tries=$((tries + 1)); [ $tries -gt 2 ]; }';
  for (const command of commands) {
    const program = ['set -eu', late, ...stubs, command, 'echo $tries'].join('\n');
    expect(execFileSync('sh', ['-c', program], { encoding: 'utf8' })).toBe('3\n');
  }
});

test('the package is the agent and what brings it up', () => {
  const packages = readdirSync(both.folder).filter((name) =>
    existsSync(join(both.folder, name, 'prepare.sh')),
  );
  expect(packages).toHaveLength(1);
  const [name = ''] = packages;
  expect(readdirSync(join(both.folder, name)).toSorted()).toEqual([
    'oca-agent.service',
    'oca-prepare.service',
    'oca.cjs',
    'prepare.sh',
  ]);
  expect(readFileSync(join(both.folder, name, 'oca.cjs'), 'utf8')).toMatch(
    /^#!\/usr\/bin\/env node\n/,
  );
});

test('the group keeps to its bounds, replaces one at a time, the oldest first, and tells of each instance', () => {
  const [group] = both.resources('AWS::AutoScaling::AutoScalingGroup', REGION) as Properties[];
  expect(group.Properties).toMatchObject({
    AutoScalingGroupName: 'distributary-oca-test-west',
    MinSize: '2',
    MaxSize: '6',
    TerminationPolicies: ['OldestInstance'],
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 600,
  });
  expect(group.Properties).not.toHaveProperty('DesiredCapacity');
  expect(group.Properties.NotificationConfigurations[0].NotificationTypes).toHaveLength(4);
  expect(group.UpdatePolicy.AutoScalingRollingUpdate).toMatchObject({
    MaxBatchSize: 1,
    MinInstancesInService: 2,
  });
  expect(only('AWS::SNS::Subscription', REGION).Endpoint).toBe('operations@example.com');
});

test('nobody but the account itself publishes news of instances, and that over TLS alone', () => {
  const { Statement } = only('AWS::SNS::TopicPolicy', REGION).PolicyDocument;
  expect(Statement).toEqual([
    expect.objectContaining({
      Effect: 'Deny',
      Action: 'sns:Publish',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  ]);
});

test('a group that may not grow lets its only instance go to replace it', () => {
  const [group] = both.resources('AWS::AutoScaling::AutoScalingGroup', CARRIER) as Properties[];
  expect(group.UpdatePolicy.AutoScalingRollingUpdate.MinInstancesInService).toBe(0);
});

test('no instance is launched before it can reach anything', () => {
  for (const stack of [REGION, CARRIER]) {
    const [group] = both.resources('AWS::AutoScaling::AutoScalingGroup', stack) as Properties[];
    const routes = both.resources('AWS::EC2::Route', stack).map(({ logicalId }) => logicalId);
    expect(group.DependsOn).toEqual(expect.arrayContaining(routes));
  }
});

test('the group grows when its instances send 80 % of what one can: bytes a minute', () => {
  expect(only('AWS::AutoScaling::ScalingPolicy', REGION).TargetTrackingConfiguration).toEqual({
    PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageNetworkOut' },
    TargetValue: (0.8 * 5e9 * 60) / 8,
    DisableScaleIn: true,
  });
});

test('enrolment asks for a signature of AWS’s, at its own name, and may do nothing but enrol', () => {
  expect(enrolment.only('AWS::ApiGatewayV2::Route')).toMatchObject({
    RouteKey: 'POST /v1/enrolments',
    AuthorizationType: 'AWS_IAM',
  });
  expect(enrolment.only('AWS::ApiGatewayV2::Api')).toMatchObject({
    DisableExecuteApiEndpoint: true,
  });
  expect(enrolment.only('AWS::ApiGatewayV2::DomainName').DomainName).toBe('enrol.example.com');
  const names = enrolment
    .properties('AWS::Route53::RecordSet')
    .map(({ Name, Type }) => [Name, Type]);
  expect(names).toEqual([
    ['enrol.example.com.', 'A'],
    ['enrol.example.com.', 'AAAA'],
  ]);
  expect(enrolment.only('AWS::Lambda::Function').Environment.Variables).toEqual({
    FLEET_TABLE: 'distributary-fleet',
    CLIENT_AUTHORITY_SECRET: 'distributary/client-authority',
    CERTIFICATE_DAYS: '30',
    ACCOUNT_ID: '111122223333',
    OCA_ROLE_PREFIX: 'distributary-oca-',
  });
});

test('a site whose role would have too long a name is refused', () => {
  const longest = 64 - 'distributary-oca-'.length;
  const named = (length: number) =>
    exampleConfig((raw) => {
      raw.sites = [{ ...regionalSite(), siteId: 'x'.repeat(length) }];
    });
  expect(() => named(longest)).not.toThrow();
  expect(() => named(longest + 1)).toThrow('sites[0].siteId');
});
