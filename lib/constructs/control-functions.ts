import { Construct } from 'constructs';
import type { Environment as CatalogIngestEnvironment } from '../../lambda/catalog-ingest/environment.ts';
import type { Environment as ControlEnvironment } from '../../lambda/control/environment.ts';
import type { Environment as FillPlannerEnvironment } from '../../lambda/fill-planner/environment.ts';
import type { Config } from '../config/schema.ts';
import {
  bucketName,
  EVENT_BUS_NAME,
  hosts,
  type SecretKind,
  secretName,
  type TableKind,
  tableName,
} from '../names.ts';
import { permissionsIn, readObjects, writeObjects } from '../permissions.ts';
import { RegionalFunction } from './regional-function.ts';

/** The three functions of the control region, each with exactly the environment and the rights that it needs. */
export class ControlFunctions extends Construct {
  readonly control: RegionalFunction;
  readonly catalogIngest: RegionalFunction;
  readonly fillPlanner: RegionalFunction;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.control = this.makeControl(config);
    this.catalogIngest = this.makeCatalogIngest(config);
    this.fillPlanner = this.makeFillPlanner(config);
  }

  private makeControl(config: Config): RegionalFunction {
    const { control: region } = config.regions;
    const may = permissionsIn(config, region);
    const tables: TableKind[] = ['fleet', 'titles', 'health'];
    const secrets: SecretKind[] = ['session-token-keys', 'fill-plan-keys', 'operator'];
    const environment: ControlEnvironment = {
      FLEET_TABLE: tableName(config, 'fleet'),
      TITLES_TABLE: tableName(config, 'titles'),
      HEALTH_TABLE: tableName(config, 'health'),
      PLAN_BUCKET: bucketName(config, 'plans', region),
      EVENT_BUS_NAME,
      SESSION_TOKEN_KEYS_SECRET: secretName(config, 'session-token-keys'),
      FILL_PLAN_KEYS_SECRET: secretName(config, 'fill-plan-keys'),
      OPERATOR_SECRET: secretName(config, 'operator'),
      TOKEN_ISSUER: config.tokens.issuer,
      REPORT_INTERVAL_SECONDS: String(config.health.reportIntervalSeconds),
      REPORT_LEASE_SECONDS: String(config.health.leaseSeconds),
      PLAN_POLL_SECONDS: String(config.fill.planPollSeconds),
      CLOUDFRONT_URL: `https://${hosts(config).cloudFront}`,
    };
    return new RegionalFunction(this, 'Control', {
      config,
      name: 'control',
      environment,
      timeoutSeconds: 10,
      memoryMib: 512,
      statements: [
        may.readTables(...tables),
        may.writeTables(...tables),
        may.readSecrets(...secrets),
        may.putEvents(),
        ...readObjects(config, { kind: 'plans', region, keys: ['plans/*'] }),
      ],
    });
  }

  private makeCatalogIngest(config: Config): RegionalFunction {
    const { control: region } = config.regions;
    const may = permissionsIn(config, region);
    const environment: CatalogIngestEnvironment = {
      TITLES_TABLE: tableName(config, 'titles'),
      CONTENT_BUCKET: bucketName(config, 'content', region),
      EVENT_BUS_NAME,
    };
    return new RegionalFunction(this, 'CatalogIngest', {
      config,
      name: 'catalog-ingest',
      environment,
      timeoutSeconds: 60,
      memoryMib: 512,
      statements: [
        may.readTables('titles'),
        may.writeTables('titles'),
        may.putEvents(),
        ...readObjects(config, { kind: 'content', region, keys: ['catalog/*'] }),
      ],
    });
  }

  private makeFillPlanner(config: Config): RegionalFunction {
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
      timeoutSeconds: 300,
      memoryMib: 1769,
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
