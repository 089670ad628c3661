import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IDependable } from 'constructs';
import type { Environment } from '../../../lambda/key-rotation/environment.ts';
import type { Config } from '../../config/schema.ts';
import { secretArnPattern, secretName } from '../../names.ts';
import { RegionalFunction } from '../regional-function.ts';

export interface KeyRotationProps {
  readonly config: Config;
  /** What makes the secret. */
  readonly secrets: IDependable;
}

/**
 * Rotates the keys of fill plans every month, and makes the first ones as soon as it is deployed. Appliances learn the
 * new keys from the old ones, so nobody need do anything. Keys of session tokens are built into the functions at
 * CloudFront's edge; operators rotate those by `npx distributary keys rotate`.
 */
export class KeyRotation extends Construct {
  constructor(scope: Construct, id: string, { config, secrets }: KeyRotationProps) {
    super(scope, id);
    const secretArn = secretArnPattern(config, 'fill-plan-keys', config.regions.control);
    const rotation = this.makeFunction(config, secretArn);
    rotation.lambda.addPermission('SecretsManager', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: config.account,
      sourceArn: secretArn,
    });
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: secretName(config, 'fill-plan-keys'),
      rotationLambdaArn: rotation.lambda.functionArn,
      rotationRules: { scheduleExpression: 'rate(30 days)' },
      rotateImmediatelyOnUpdate: true,
    });
    // The first rotation follows at once: permission and rights must be there.
    schedule.node.addDependency(secrets, rotation);
  }

  private makeFunction(config: Config, secretArn: string): RegionalFunction {
    const environment: Environment = {
      PLAN_LIFETIME_HOURS: String(config.fill.planLifetimeHours),
    };
    return new RegionalFunction(this, 'KeyRotation', {
      config,
      name: 'key-rotation',
      environment,
      timeoutSeconds: 30,
      memoryMib: 256,
      statements: [
        new PolicyStatement({
          actions: [
            'secretsmanager:DescribeSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:PutSecretValue',
            'secretsmanager:UpdateSecretVersionStage',
          ],
          resources: [secretArn],
        }),
      ],
    });
  }
}
