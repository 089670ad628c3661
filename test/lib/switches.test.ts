import { beforeAll, expect, jest, test } from '@jest/globals';
import { schema } from '../../lib/config/schema.ts';
import { exampleConfig } from './example-config.ts';
import { SWITCHES } from './switches.ts';
import { Synthesized } from './synthesized.ts';

/** Sixteen synths of everything, on a machine that others use too: a deadline, not a measurement. */
jest.setTimeout(60_000);

const REGION = /-[a-z]{2}-[a-z]+-\d$/;

let example: Synthesized;

beforeAll(async () => {
  example = await Synthesized.of(exampleConfig());
});

test('every optional key, flag and possibly empty list of the schema has a variant here', () => {
  const table = SWITCHES.map(({ path }) => path);
  expect(table.toSorted()).toEqual([...new Set(switchesIn(schema))].toSorted());
});

test.each(SWITCHES.map((row) => [row.path, row] as const))(
  '%s is synthesized the other way too',
  async (_, row) => {
    const turned = await Synthesized.of(exampleConfig(row.turn));
    expect(differingStacks(example, turned)).toEqual(row.changes);
  },
);

/** Stacks whose templates differ, or that only one side has, without their regions. */
function differingStacks(before: Synthesized, after: Synthesized): string[] {
  const stacks = new Set([...before.stacks, ...after.stacks]);
  const differing = [...stacks].filter((stack) => before.text(stack) !== after.text(stack));
  return [...new Set(differing.map((stack) => stack.replace(REGION, '')))].toSorted();
}

/** The schema as zod 4 holds it, as far as it is walked. */
interface SchemaNode {
  readonly def: {
    readonly type: string;
    readonly innerType?: SchemaNode;
    readonly in?: SchemaNode;
    readonly element?: SchemaNode;
    readonly shape?: Readonly<Record<string, SchemaNode>>;
    readonly checks?: readonly {
      readonly _zod: { readonly def: { readonly check: string; readonly minimum?: number } };
    }[];
  };
}

/** Paths of all that may be absent, false or empty. */
function switchesIn(root: unknown, path = ''): string[] {
  const { type, innerType, in: input, element, shape, checks = [] } = (root as SchemaNode).def;
  switch (type) {
    case 'optional':
      return [path, ...switchesIn(innerType, path)];
    case 'pipe':
      return switchesIn(input, path);
    case 'boolean':
      return [path];
    case 'array': {
      const minimum = checks.find(({ _zod }) => _zod.def.check === 'min_length')?._zod.def.minimum;
      return [...(minimum ? [] : [path]), ...switchesIn(element, `${path}[]`)];
    }
    case 'object':
      return Object.entries(shape ?? {}).flatMap(([key, field]) =>
        switchesIn(field, path === '' ? key : `${path}.${key}`),
      );
    default:
      return [];
  }
}
