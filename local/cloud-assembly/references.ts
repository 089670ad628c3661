import { invariant } from '#domain/invariant.ts';
import type { Stack } from './assembly.ts';

/** The logical ids that a template value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`, however deep. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, operand]) => {
    if (key === 'Ref') return [String(operand)];
    if (key === 'Fn::GetAtt')
      return [String(Array.isArray(operand) ? operand[0] : operand).split('.')[0] ?? ''];
    if (key === 'Fn::Sub') return substitutionsIn(operand);
    return referencesIn(operand);
  });
}

/** The one resource of `type` that a value refers to. */
export function referenceTo(stack: Stack, type: string, value: unknown): string {
  const ids = referencesIn(value).filter((id) => stack.template.Resources[id]?.Type === type);
  const [id, ...others] = new Set(ids);
  invariant(
    id !== undefined && others.length === 0,
    `in ${stack.stackName}, exactly one ${type} stands in ${JSON.stringify(value)}`,
  );
  return id;
}

function substitutionsIn(operand: unknown): string[] {
  const [text, values] = Array.isArray(operand) ? operand : [operand, {}];
  const names = [...String(text).matchAll(/\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}/g)].map(
    ([, name = '']) => name,
  );
  return [...names, ...referencesIn(values)];
}
