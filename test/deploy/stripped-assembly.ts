import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Refused, refusalOf, type TemplateResource } from './not-deployed.ts';
import { adapted } from './state-machines.ts';

export interface Template {
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<string, unknown>;
}

/** A resource that was taken out of a template, or lost a property. */
export interface Stripped {
  readonly stack: string;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  readonly refused: Refused;
}

const SUFFIX = '.template.json';

/** The templates of a synthesized folder, by stack name. */
export function templatesIn(folder: string): Map<string, Template> {
  const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  return new Map(
    names.map((name) => [
      name.slice(0, -SUFFIX.length),
      JSON.parse(readFileSync(join(folder, name), 'utf8')) as Template,
    ]),
  );
}

/** Takes what the emulator refuses out of the templates of a folder, in place, and tells what that was. */
export function strip(folder: string): Stripped[] {
  return [...templatesIn(folder)].flatMap(([stack, template]) => {
    const resources = Object.entries(template.Resources);
    const stripped = resources.flatMap(([logicalId, resource]) => {
      const refused = refusalOf(resource);
      return refused ? [{ stack, logicalId, resource, refused }] : [];
    });
    const gone = new Set(
      stripped.filter(({ refused }) => !refused.isOnlyDropped).map(({ logicalId }) => logicalId),
    );
    const Resources = Object.fromEntries(
      resources
        .filter(([logicalId]) => !gone.has(logicalId))
        .map(([logicalId, resource]) => [logicalId, adapted(withoutDropped(resource))]),
    );
    const repaired = withoutReferences({ ...template, Resources }, gone);
    writeFileSync(join(folder, `${stack}${SUFFIX}`), JSON.stringify(repaired));
    return stripped;
  });
}

/** The resource without the property, if any, that the emulator refuses alone. */
function withoutDropped(resource: TemplateResource): TemplateResource {
  const dropped = refusalOf(resource)?.having;
  if (dropped === undefined) return resource;
  const { [dropped]: _, ...Properties } = resource.Properties ?? {};
  return { ...resource, Properties };
}

/**
 * The same without references to the resources that are gone: dependencies and health checks are dropped, and a name or
 * an ARN becomes a word that says whose it was.
 */
export function withoutReferences(value: unknown, gone: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutReferences(item, gone));
  if (typeof value !== 'object' || value === null) return value;
  const target = referenceIn(value);
  if (target !== undefined && gone.has(target)) return `not-deployed-${target}`;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (key === 'DependsOn') return dependenciesLeft(inner, gone);
      const isDropped = key === 'HealthCheckId' && gone.has(referenceIn(inner) ?? '');
      return isDropped ? [] : [[key, withoutReferences(inner, gone)]];
    }),
  );
}

function referenceIn(value: object): string | undefined {
  const entries = Object.entries(value);
  const [entry] = entries;
  if (entries.length !== 1 || !entry) return undefined;
  const [key, target] = entry;
  if (key === 'Ref') return String(target);
  if (key === 'Fn::GetAtt')
    return Array.isArray(target) ? String(target[0]) : String(target).split('.')[0];
  return undefined;
}

function dependenciesLeft(value: unknown, gone: ReadonlySet<string>): [string, string[]][] {
  const left = [value]
    .flat()
    .map(String)
    .filter((id) => !gone.has(id));
  return left.length > 0 ? [['DependsOn', left]] : [];
}

/** A resource with everything that it names, directly or not, of what the emulator creates. */
export function withWhatItNeeds(template: Template, logicalId: string): Template {
  const needed = new Set([logicalId]);
  for (const id of needed) {
    const text = JSON.stringify(template.Resources[id]?.Properties ?? {});
    for (const [other, resource] of Object.entries(template.Resources)) {
      if (text.includes(`"${other}"`) && !refusalOf(resource)) needed.add(other);
    }
  }
  const isLeftOut = new Set(Object.keys(template.Resources).filter((id) => !needed.has(id)));
  const Resources = Object.fromEntries([...needed].map((id) => [id, template.Resources[id]]));
  return withoutReferences({ Resources }, isLeftOut) as Template;
}

/** The same with physical ids in place of references: what a property was when CloudFormation created the resource. */
export function resolved(value: unknown, physicalIds: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, physicalIds));
  if (typeof value !== 'object' || value === null) return value;
  const target = referenceIn(value);
  if (target !== undefined) return physicalIds.get(target) ?? target;
  const entries = Object.entries(value);
  const [[key, inner] = []] = entries;
  if (entries.length === 1 && key === 'Fn::Join' && Array.isArray(inner)) {
    const [separator, parts] = resolved(inner, physicalIds) as [string, unknown[]];
    return parts.join(separator);
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, resolved(item, physicalIds)]));
}
