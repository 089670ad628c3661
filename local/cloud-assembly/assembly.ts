import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invariant } from '#domain/invariant.ts';

/** A CloudFormation template, as far as the local run reads it. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface Stack {
  readonly stackName: string;
  readonly awsRegion: string;
  readonly template: Template;
  /** Folders of the stack's file assets, by the base name of their S3 key (the content hash). */
  readonly assetFolderByHash: ReadonlyMap<string, string>;
}

interface AssemblyManifest {
  readonly artifacts: Readonly<
    Record<
      string,
      {
        readonly type: string;
        /** `aws://<account>/<region>` */
        readonly environment?: string;
        readonly properties?: { readonly templateFile?: string };
      }
    >
  >;
}

interface AssetManifest {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
}

/** The stacks of a synthesized app, those of `homeRegion` first: what several regions repeat is taken from there. */
export function readAssembly(folder: string, homeRegion: string): Stack[] {
  const { artifacts } = readJson<AssemblyManifest>(join(folder, 'manifest.json'));
  const stacks = Object.entries(artifacts).flatMap(([stackName, artifact]) => {
    const templateFile = artifact.properties?.templateFile;
    if (artifact.type !== 'aws:cloudformation:stack' || !templateFile) return [];
    const awsRegion = artifact.environment?.split('/').at(-1);
    invariant(awsRegion, `the stack ${stackName} names its region`);
    const template = readJson<Template>(join(folder, templateFile));
    return [{ stackName, awsRegion, template, assetFolderByHash: assetFolders(folder, stackName) }];
  });
  const isHome = (stack: Stack) => (stack.awsRegion === homeRegion ? 0 : 1);
  return stacks.sort((left, right) => isHome(left) - isHome(right));
}

/** The resources of one type, with their logical ids. */
export function resourcesOf(stack: Stack, type: string): [logicalId: string, Resource][] {
  return Object.entries(stack.template.Resources).filter(([, { Type }]) => Type === type);
}

function assetFolders(folder: string, stackName: string): Map<string, string> {
  const { files } = readJson<AssetManifest>(join(folder, `${stackName}.assets.json`));
  return new Map(
    Object.entries(files).map(([hash, { source }]) => [hash, join(folder, source.path)]),
  );
}

const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
