import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';
import { bucketArn } from '../../names.ts';
import { RECORD_FIELDS } from './access-log-fields.ts';

/** CloudFront's access logs (standard logging v2) as Parquet, by hour, in the primary log bucket. */
export class AccessLogDelivery extends Construct {
  constructor(
    scope: Construct,
    id: string,
    {
      config,
      distribution,
      number,
    }: {
      readonly config: Config;
      readonly distribution: Distribution;
      /** From 1; names of all but the first end in it. */
      readonly number: number;
    },
  ) {
    super(scope, id);
    const name = `${config.prefix}-cloudfront${number === 1 ? '' : `-${number}`}`;
    const source = new CfnDeliverySource(this, 'Source', {
      name,
      logType: 'ACCESS_LOGS',
      resourceArn: distribution.distributionArn,
    });
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name: `${name}-s3`,
      destinationResourceArn: `${bucketArn(config, 'logs', config.regions.control)}/cloudfront`,
      outputFormat: 'parquet',
    });
    const delivery = new CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
      // All distributions together: their ids begin the files' names, and queries need not know them.
      s3SuffixPath: '{yyyy}/{MM}/{dd}/{HH}',
      s3EnableHiveCompatiblePath: true,
      recordFields: [...RECORD_FIELDS],
    });
    // The source is named, not referenced, so CloudFormation must be told the order.
    delivery.addResourceDependency(source);
  }
}
