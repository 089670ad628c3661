import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../lib/config/schema.ts';
import { outsideJest } from '../outside-jest/call.ts';

const { synthesize } = outsideJest<typeof import('./synthesize.ts')>(
  import.meta.resolve('./synthesize.ts'),
);

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties are as deep as they are untyped.
export type Properties = any;

export interface Resource {
  readonly logicalId: string;
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Templates of a configuration, by stack id without the prefix. */
export class Synthesized {
  /** The whole cloud assembly. Several tests read it, so none may write to it. */
  readonly folder: string;
  private readonly templates: ReadonlyMap<string, Properties>;
  private readonly regions: ReadonlyMap<string, string>;

  private constructor(
    folder: string,
    templates: ReadonlyMap<string, Properties>,
    regions: ReadonlyMap<string, string>,
  ) {
    this.folder = folder;
    this.templates = templates;
    this.regions = regions;
  }

  /** All stacks, or these of them. */
  static async of(config: Config, ...only: readonly string[]): Promise<Synthesized> {
    const { folder, stacks } = await synthesize(config);
    const missing = only.filter((name) => !stacks.some(({ id }) => id === name));
    if (missing.length > 0) throw new Error(`no stack ${missing.join(', ')}`);
    const taken = stacks.filter(({ id }) => only.length === 0 || only.includes(id));
    return new Synthesized(
      folder,
      new Map(
        taken.map(({ id, file }) => [id, JSON.parse(readFileSync(join(folder, file), 'utf8'))]),
      ),
      new Map(taken.map(({ id, region }) => [id, region])),
    );
  }

  /** The stacks that have it, with what one construct of theirs makes and nothing else. */
  within(construct: string): Synthesized {
    const isWithin = ({ Metadata }: Properties) =>
      Metadata?.['aws:cdk:path']?.split('/').slice(1).join('/').startsWith(`${construct}/`);
    const templates = [...this.templates].map(([stack, { Resources }]) => {
      const parts = Object.entries(Resources).filter(([, resource]) => isWithin(resource));
      return [stack, { Resources: Object.fromEntries(parts) }] as const;
    });
    const having = templates.filter(([, { Resources }]) => Object.keys(Resources).length > 0);
    return new Synthesized(this.folder, new Map(having), this.regions);
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

  regionOf(stack: string): string | undefined {
    return this.regions.get(stack);
  }
}
