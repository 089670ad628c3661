import { readFileSync } from 'node:fs';

/** A kind of resource that the emulator refuses to create, so that the test deploys the templates without it. */
export interface Refused {
  readonly type: string;
  /** Only resources that have this property. */
  readonly having?: string;
  /** They are deployed, without that property. */
  readonly isOnlyDropped?: boolean;
  /** Part of what the emulator says about it. */
  readonly refusal: string;
  readonly reason: string;
}

/** A property that the emulator's CloudFormation takes and forgets. `left-out.ts` knows how to see that. */
export interface Forgotten {
  readonly type: string;
  readonly property: string;
  readonly reason: string;
}

/** Where a deployed thing works otherwise than at AWS, and what the test does about it. */
export interface Difference {
  readonly what: string;
  readonly reason: string;
}

export interface NotDeployed {
  /** Package and version that all of this is true of. */
  readonly emulator: string;
  readonly refused: readonly Refused[];
  readonly leftOut: readonly Forgotten[];
  readonly differs: readonly Difference[];
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
}

/** The checked list, `not-deployed.json`. `not-deployed.test.ts` holds it to the truth. */
export const notDeployed: NotDeployed = JSON.parse(
  readFileSync(new URL('not-deployed.json', import.meta.url), 'utf8'),
);

/** The entry that keeps a resource out of the deployment, if one does. */
export const refusalOf = ({ Type, Properties = {} }: TemplateResource): Refused | undefined =>
  notDeployed.refused.find(
    ({ type, having }) =>
      type === Type && (having === undefined || Object.hasOwn(Properties, having)),
  );
