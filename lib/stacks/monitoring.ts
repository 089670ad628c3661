import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { Alarms } from '../constructs/monitoring/alarms.ts';
import { addControlPlaneAlarms } from '../constructs/monitoring/control-plane-alarms.ts';
import { addFleetAlarms } from '../constructs/monitoring/fleet-alarms.ts';
import { OperationsDashboard } from '../constructs/monitoring/operations-dashboard.ts';
import { Paging } from '../constructs/monitoring/paging.ts';
import { stackName } from '../names.ts';

/**
 * Alarms of the control plane and the fleet, and the operations dashboard. CloudFront's alarms are in the edge stack, with
 * the distributions whose ids they need, and so is the budget; those of each playback region in its own stack.
 */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'monitoring'), {
      env: { account: config.account, region: config.regions.control },
      description: 'Distributary: alarms of the control plane and the fleet, dashboard',
    });
    const alarms = new Alarms(this, 'Alarms', { config, part: 'control' });
    const controlPlane = addControlPlaneAlarms(alarms, config);
    const fleet = addFleetAlarms(alarms, config);
    new Paging(this, 'Paging', { config, alarms, fleet, controlPlane });
    new OperationsDashboard(this, 'Operations', { config, alarms: alarms.all });
  }
}
