import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib/core';
import { type AppOptions, buildApp, emptyApp } from '../../lib/app.ts';
import type { Config } from '../../lib/config/schema.ts';

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties are as deep as they are untyped.
export type Properties = any;

export interface Resource {
  readonly logicalId: string;
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The templates of a configuration, by stack id without the prefix. */
export class Synthesized {
  readonly folder = mkdtempSync(join(tmpdir(), 'distributary-synth-'));
  private readonly templates: ReadonlyMap<string, Properties>;

  constructor(config: Config, makeApp: (options: AppOptions) => App) {
    const { stacks } = makeApp({ outdir: this.folder }).synth();
    this.templates = new Map(
      stacks.map(({ id, template }) => [id.slice(config.prefix.length + 1), template]),
    );
  }

  /** Everything. */
  static whole(config: Config, { isValidated = false } = {}): Synthesized {
    return new Synthesized(config, (options) => buildApp(config, { ...options, isValidated }));
  }

  /** Only the stacks that `populate` adds: quicker, where a test looks at no others. */
  static part(config: Config, populate: (app: App) => void): Synthesized {
    return new Synthesized(config, (options) => {
      const app = emptyApp(options);
      populate(app);
      return app;
    });
  }

  get stacks(): string[] {
    return [...this.templates.keys()];
  }

  /** Resources of one type, in one stack or in all. */
  resources(type: string, stack?: string): Resource[] {
    const names = stack === undefined ? this.stacks : [stack];
    return names.flatMap((name) => this.all(name).filter(({ Type }) => Type === type));
  }

  /** Every resource of one stack. */
  all(stack: string): Resource[] {
    const resources: Record<string, Omit<Resource, 'logicalId'>> = this.templates.get(
      stack,
    ).Resources;
    return Object.entries(resources).map(([logicalId, resource]) => ({ ...resource, logicalId }));
  }

  properties(type: string, stack?: string): Properties[] {
    return this.resources(type, stack).map(({ Properties }) => Properties);
  }

  /** The properties of the only resource of a type. */
  only(type: string, stack?: string): Properties {
    const [properties, ...rest] = this.properties(type, stack);
    if (!properties || rest.length > 0) throw new Error(`${rest.length + 1} of ${type}, not one`);
    return properties;
  }

  /** The templates as one text, or one template: empty for a stack that is not there. */
  text(stack?: string): string {
    if (stack === undefined) return JSON.stringify([...this.templates.values()]);
    return JSON.stringify(this.templates.get(stack)) ?? '';
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
