import { readFileSync } from 'node:fs';
import { App, Tags } from 'aws-cdk-lib/core';
import type { Config } from './config/schema.ts';
import { addGuards } from './guards.ts';
import { DEPLOYMENT_TAG } from './names.ts';
import { ControlStack } from './stacks/control.ts';
import { EdgeStack } from './stacks/edge.ts';
import { LogsStack } from './stacks/logs.ts';
import { MonitoringStack } from './stacks/monitoring.ts';
import { OcaFleetStack } from './stacks/oca-fleet.ts';
import { OriginStack } from './stacks/origin.ts';
import { PlaybackStack } from './stacks/playback.ts';
import { RoutingStack } from './stacks/routing.ts';
import { TablesStack } from './stacks/tables.ts';
import { ZoneSigningStack } from './stacks/zone-signing.ts';

export interface AppOptions {
  /** Where `app.synth()` writes. @default what the CDK CLI says, else a temporary folder */
  readonly outdir?: string;
  /**
   * Checks every template against AWS's schemas and rules as it is written, for about 6 s of CPU.
   * @default false
   */
  readonly isValidated?: boolean;
}

/** The whole deployment as a CDK app, ready to be synthesized. In process it makes the templates that the CLI makes. */
export function buildApp(config: Config, options?: AppOptions): App {
  const app = emptyApp(options);
  addStacks(app, config);
  addGuards(app);
  Tags.of(app).add(DEPLOYMENT_TAG, config.prefix);
  return app;
}

/** An app with the project's feature flags. */
export function emptyApp({ outdir, isValidated = false }: AppOptions = {}): App {
  return new App({
    ...(outdir === undefined ? {} : { outdir }),
    context: cliContext(),
    analyticsReporting: false,
    autoSynth: false,
    builtinCloudFormationValidation: isValidated,
  });
}

/** Orders deployment: what replicates, routes or subscribes comes after what it needs. No value crosses. */
function addStacks(app: App, config: Config): void {
  const { origins, playback } = config.regions;
  const [primary, ...replicas] = origins.map((region) => new OriginStack(app, { config, region }));
  const tables = new TablesStack(app, config);
  const edge = new EdgeStack(app, config);
  const control = new ControlStack(app, config);
  const routing = new RoutingStack(app, config);
  if (config.domain.dnssec) new ZoneSigningStack(app, config);
  const monitoring = new MonitoringStack(app, config);
  new LogsStack(app, config);
  for (const replica of replicas) primary?.addStackDependency(replica);
  if (primary) {
    edge.addStackDependency(primary);
    control.addStackDependency(primary);
  }
  for (const site of config.sites) {
    const { ec2 } = site;
    if (ec2) new OcaFleetStack(app, { config, site: { ...site, ec2 } }).addStackDependency(control);
  }
  control.addStackDependency(tables);
  monitoring.addStackDependency(control);
  monitoring.addStackDependency(edge);
  for (const region of playback) {
    const stack = new PlaybackStack(app, { config, region });
    stack.addStackDependency(control);
    routing.addStackDependency(stack);
  }
}

/**
 * The feature flags of `cdk.json`, the metadata that the CLI turns on by itself, and no stack traces: they hold the
 * checkout's path, and the output shall be the same in every folder.
 */
function cliContext(): Record<string, unknown> {
  const cdkJson = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>;
  };
  return {
    ...cdkJson.context,
    'aws:cdk:enable-path-metadata': true,
    'aws:cdk:enable-asset-metadata': true,
    'aws:cdk:version-reporting': false,
    'aws:cdk:disable-stack-trace': true,
    'aws:cdk:disable-creation-stack-traces': true,
  };
}
