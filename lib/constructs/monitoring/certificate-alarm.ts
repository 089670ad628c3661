import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Config } from '../../config/schema.ts';
import type { Alarms } from './alarms.ts';

/**
 * Adds the alarm that a server's certificate was not renewed. ACM renews one 60 days before its end and tells the days
 * left twice a day. Source: ACM User Guide, "Managed certificate renewal" and "Supported CloudWatch metrics".
 */
export function addCertificateAlarm(
  alarms: Alarms,
  { config, name, certificate }: { config: Config; name: string; certificate: ICertificate },
): void {
  alarms.add({
    name,
    heading: 'server-certificate-expiring',
    severity: 'warning',
    metric: new Metric({
      namespace: 'AWS/CertificateManager',
      metricName: 'DaysToExpiry',
      dimensionsMap: { CertificateArn: certificate.certificateArn },
      statistic: Stats.MINIMUM,
      period: Duration.days(1),
    }),
    isFaulty: { below: config.alarms.certificateDaysMin },
    description: 'ACM has not renewed a certificate: clients will refuse its name soon.',
    periods: 1,
    whenMissing: 'unchanged',
  });
}
