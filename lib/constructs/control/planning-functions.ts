import { Construct } from 'constructs';
import type { Environment as FillPlannerEnvironment } from '../../../lambda/fill-planner/environment.ts';
import type { Environment as PlanningScopeEnvironment } from '../../../lambda/planning-scope/environment.ts';
import type { Config } from '../../config/schema.ts';
import { bucketName, secretName, tableName } from '../../names.ts';
import { permissionsIn, readObjects, writeObjects } from '../../permissions.ts';
import { RegionalFunction } from '../regional-function.ts';

/** The functions of the planning, each with exactly the environment and the rights that it needs. */
export class PlanningFunctions extends Construct {
  readonly scope: RegionalFunction;
  readonly planner: RegionalFunction;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.scope = this.makeScope(config);
    this.planner = this.makePlanner(config);
  }

  private makeScope(config: Config): RegionalFunction {
    const { control: region } = config.regions;
    const environment: PlanningScopeEnvironment = {
      FLEET_TABLE: tableName(config, 'fleet'),
      PLAN_BUCKET: bucketName(config, 'plans', region),
    };
    return new RegionalFunction(this, 'PlanningScope', {
      config,
      name: 'planning-scope',
      environment,
      timeoutSeconds: 60,
      memoryMib: 512,
      statements: [
        permissionsIn(config, region).readTables('fleet'),
        writeObjects(config, { kind: 'plans', region, keys: ['runs/*'] }),
      ],
    });
  }

  private makePlanner(config: Config): RegionalFunction {
    const { control: region } = config.regions;
    const may = permissionsIn(config, region);
    const environment: FillPlannerEnvironment = {
      FLEET_TABLE: tableName(config, 'fleet'),
      TITLES_TABLE: tableName(config, 'titles'),
      HEALTH_TABLE: tableName(config, 'health'),
      PLAN_BUCKET: bucketName(config, 'plans', region),
      FILL_PLAN_KEYS_SECRET: secretName(config, 'fill-plan-keys'),
      PLAN_LIFETIME_HOURS: String(config.fill.planLifetimeHours),
    };
    return new RegionalFunction(this, 'FillPlanner', {
      config,
      name: 'fill-planner',
      environment,
      // The longest that Lambda allows, and the most memory that a new account has: see the planning definition.
      timeoutSeconds: 900,
      memoryMib: 3008,
      statements: [
        may.readTables('fleet', 'titles', 'health'),
        may.writeTables('fleet'),
        may.readSecrets('fill-plan-keys'),
        ...readObjects(config, { kind: 'plans', region, keys: ['plans/*'] }),
        writeObjects(config, { kind: 'plans', region, keys: ['plans/*'] }),
      ],
    });
  }
}
