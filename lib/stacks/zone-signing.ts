import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { addZoneSigningAlarms, ZoneSigning } from '../constructs/edge/zone-signing.ts';
import { Alarms } from '../constructs/monitoring/alarms.ts';
import { EDGE_REGION, stackName } from '../names.ts';

/**
 * DNSSEC of the hosted zone, in the one region that Route 53 takes its key and publishes its metrics in. A stack of its
 * own: it may outlive all others, and is there only if the configuration asks for it.
 */
export class ZoneSigningStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'zone-signing'), {
      env: { account: config.account, region: EDGE_REGION },
      description: 'Distributary: DNSSEC of the hosted zone',
    });
    new ZoneSigning(this, 'ZoneSigning', config);
    addZoneSigningAlarms(new Alarms(this, 'Alarms', { config, part: 'zone-signing' }), config);
  }
}
