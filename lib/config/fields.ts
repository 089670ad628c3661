import { z } from 'zod';

/**
 * The vocabulary of the configuration schema. The error message of every field is what was *expected*, in words, so that
 * a fault can be told as path, expected, found.
 */

/** A number with its bounds and unit in the message, e.g. `seconds, 1 to 60`. Fractions are refused. */
export const whole = (unit: string, range: { min: number; max: number }) => {
  const expected = `a whole number of ${unit} from ${range.min} to ${range.max}`;
  return z
    .int({ error: expected })
    .min(range.min, { error: expected })
    .max(range.max, { error: expected });
};

/** A finite number, e.g. a latitude or a price. */
export const decimal = (unit: string, range: { min: number; max: number }) => {
  const expected = `a number of ${unit} from ${range.min} to ${range.max}`;
  return z
    .number({ error: expected })
    .min(range.min, { error: expected })
    .max(range.max, { error: expected });
};

/** A string that `isValid` accepts; `expected` describes those strings. */
export const text = (expected: string, isValid: (value: string) => boolean) =>
  z.string({ error: expected }).refine(isValid, { error: expected });

export const pattern = (expected: string, grammar: RegExp) =>
  text(expected, (value) => grammar.test(value));

export const oneOf = <const Choices extends readonly string[]>(choices: Choices) =>
  z.enum(choices, { error: `one of ${choices.join(', ')}` });

/** A mapping with exactly these keys. */
export const mapping = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `no such key; the keys here are ${Object.keys(shape).join(', ')}`
        : `a mapping with the keys ${Object.keys(shape).join(', ')}`,
  });

/** A list without repetition; `keyOf` names what must differ between two items. */
export const listOf = <Item extends z.ZodType>(
  item: Item,
  rules: { min: number; max: number; keyOf: (item: z.output<Item>) => string; of: string },
) => {
  const expected = `a list of ${rules.min} to ${rules.max} ${rules.of}`;
  return z
    .array(item, { error: expected })
    .min(rules.min, { error: expected })
    .max(rules.max, { error: expected })
    .superRefine(refuseRepetition(rules), { when: ({ value }) => Array.isArray(value) });
};

/** Looks at the sound items only, so that a repetition is told together with whatever else is wrong in the list. */
function refuseRepetition<Item>(rules: { keyOf: (item: Item) => string; of: string }) {
  return (items: Item[], context: z.core.$RefinementCtx<Item[]>): void => {
    const faulty = new Set(context.issues.map(({ path }) => path?.[0]));
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      if (faulty.has(index)) continue;
      const key = rules.keyOf(item);
      if (seen.has(key)) {
        context.addIssue({ code: 'custom', path: [index], message: `${rules.of} that differ` });
      }
      seen.add(key);
    }
  };
}

export const identity = (value: string) => value;
