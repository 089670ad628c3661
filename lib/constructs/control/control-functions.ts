import { Construct } from 'constructs';
import type { Environment as CatalogIngestEnvironment } from '../../../lambda/catalog-ingest/environment.ts';
import type { Environment as CertificatesEnvironment } from '../../../lambda/certificates/environment.ts';
import type { Environment as ControlEnvironment } from '../../../lambda/control/environment.ts';
import type { Environment as AuthorizerEnvironment } from '../../../lambda/control-authorizer/environment.ts';
import type { Config } from '../../config/schema.ts';
import {
  bucketName,
  cloudFrontUrls,
  EVENT_BUS_NAME,
  type SecretKind,
  secretName,
  type TableKind,
  tableName,
} from '../../names.ts';
import { invalidatePaths, permissionsIn, readObjects } from '../../permissions.ts';
import { RegionalFunction } from '../regional-function.ts';

/** The functions behind the control API and the catalog, each with exactly the environment and the rights that it needs. */
export class ControlFunctions extends Construct {
  readonly control: RegionalFunction;
  readonly catalogIngest: RegionalFunction;
  readonly controlAuthorizer: RegionalFunction;
  readonly certificates: RegionalFunction;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.control = this.makeControl(config);
    this.catalogIngest = this.makeCatalogIngest(config);
    this.controlAuthorizer = this.makeControlAuthorizer(config);
    this.certificates = this.makeCertificates(config);
  }

  private makeControl(config: Config): RegionalFunction {
    const { control: region } = config.regions;
    const may = permissionsIn(config, region);
    const tables: TableKind[] = ['fleet', 'titles', 'health'];
    const secrets: SecretKind[] = ['session-token-keys', 'fill-plan-keys'];
    const environment: ControlEnvironment = {
      FLEET_TABLE: tableName(config, 'fleet'),
      TITLES_TABLE: tableName(config, 'titles'),
      HEALTH_TABLE: tableName(config, 'health'),
      PLAN_BUCKET: bucketName(config, 'plans', region),
      EVENT_BUS_NAME,
      SESSION_TOKEN_KEYS_SECRET: secretName(config, 'session-token-keys'),
      FILL_PLAN_KEYS_SECRET: secretName(config, 'fill-plan-keys'),
      TOKEN_ISSUER: config.tokens.issuer,
      TOKEN_LIFETIME_SECONDS: String(config.tokens.lifetimeSeconds),
      TOKEN_BOUND_TO_NETWORK: String(config.tokens.bindToNetwork ?? false),
      REPORT_INTERVAL_SECONDS: String(config.health.reportIntervalSeconds),
      REPORT_LEASE_SECONDS: String(config.health.leaseSeconds),
      PLAN_POLL_SECONDS: String(config.fill.planPollSeconds),
      DEPLOYMENT: config.prefix,
      METRICS_NAMESPACE: config.metrics.namespace,
      METRICS_PER_OCA: String(config.metrics.perOca),
      CLOUDFRONT_URLS: cloudFrontUrls(config),
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
        ...invalidatePaths(config),
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

  private makeControlAuthorizer(config: Config): RegionalFunction {
    const environment: AuthorizerEnvironment = { FLEET_TABLE: tableName(config, 'fleet') };
    return new RegionalFunction(this, 'ControlAuthorizer', {
      config,
      name: 'control-authorizer',
      environment,
      timeoutSeconds: 5,
      memoryMib: 512,
      statements: [permissionsIn(config, config.regions.control).readTables('fleet')],
    });
  }

  /** Beside enrolment the only function that may read the key of the authority. */
  private makeCertificates(config: Config): RegionalFunction {
    const may = permissionsIn(config, config.regions.control);
    const environment: CertificatesEnvironment = {
      FLEET_TABLE: tableName(config, 'fleet'),
      CLIENT_AUTHORITY_SECRET: secretName(config, 'client-authority'),
      CERTIFICATE_DAYS: String(config.clients.certificateDays),
    };
    return new RegionalFunction(this, 'Certificates', {
      config,
      name: 'certificates',
      environment,
      timeoutSeconds: 10,
      memoryMib: 512,
      statements: [
        may.readTables('fleet'),
        may.writeTables('fleet'),
        may.readSecrets('client-authority'),
      ],
    });
  }
}
