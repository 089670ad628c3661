import {
  AaaaRecord,
  type AliasRecordTargetConfig,
  ARecord,
  type GeoLocation,
  type IHealthCheck,
  type IHostedZone,
  RecordTarget,
} from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';

export interface AliasRecordsProps {
  readonly zone: IHostedZone;
  readonly host: string;
  readonly target: Pick<AliasRecordTargetConfig, 'dnsName' | 'hostedZoneId'>;
  /** Whether Route 53 passes over this answer while its target is unhealthy. CloudFront's names do not support it. */
  readonly evaluateTargetHealth: boolean;
  /** Place in a tree of records with the same name. */
  readonly policy?: {
    readonly setIdentifier: string;
    readonly weight?: number;
    readonly geoLocation?: GeoLocation;
    readonly healthCheck?: IHealthCheck;
  };
}

/** The A and AAAA alias of one name: wherever IPv4 goes, IPv6 goes too. */
export class AliasRecords extends Construct {
  constructor(scope: Construct, id: string, props: AliasRecordsProps) {
    super(scope, id);
    const { zone, host, target, evaluateTargetHealth, policy = {} } = props;
    const record = {
      zone,
      // The dot at the end keeps CDK from appending the zone's name.
      recordName: `${host}.`,
      target: RecordTarget.fromAlias({ bind: () => ({ ...target, evaluateTargetHealth }) }),
      ...policy,
    };
    new ARecord(this, 'Ipv4', record);
    new AaaaRecord(this, 'Ipv6', record);
  }
}
