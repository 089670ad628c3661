import type { Readable, Writable } from 'node:stream';
import { CANCEL_SYMBOL, confirm, select, text } from '@clack/prompts';
import type { z } from 'zod';
import { complaint } from './answers.ts';

/** Thrown when the asked person has had enough: Ctrl-C, or Esc. Nothing has been written. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label?: string;
  readonly hint?: string;
}

/** Puts questions on a terminal; each answer is checked as it is given. */
export class Interview {
  private readonly streams: { readonly input?: Readable; readonly output?: Writable };

  constructor(streams: { readonly input?: Readable; readonly output?: Writable } = {}) {
    this.streams = streams;
  }

  /** A line. `parse` makes of it what `field` takes; an empty line is the default, where there is one. */
  async ask<Field extends z.ZodType>(
    message: string,
    field: Field,
    options: { readonly initial?: string; readonly parse?: (line: string) => unknown } = {},
  ): Promise<z.output<Field>> {
    const { initial = '', parse = (line: string) => line } = options;
    const line = await text({
      ...this.streams,
      message,
      ...(initial === '' ? {} : { placeholder: initial, defaultValue: initial }),
      validate: (given) => complaint(field, parse(given?.trim() || initial)),
    });
    return field.parse(parse(answered(line).trim())) as z.output<Field>;
  }

  /** A line that may stay empty, which is undefined. */
  async askOptional<Field extends z.ZodType>(
    message: string,
    field: Field,
    parse: (line: string) => unknown = (line) => line,
  ): Promise<z.output<Field> | undefined> {
    const line = answered(
      await text({
        ...this.streams,
        message,
        placeholder: 'none',
        defaultValue: '',
        validate: (given) => (given?.trim() ? complaint(field, parse(given.trim())) : undefined),
      }),
    ).trim();
    return line === '' ? undefined : (field.parse(parse(line)) as z.output<Field>);
  }

  async choose<const Value extends string>(
    message: string,
    options: readonly Choice<Value>[],
    initialValue: NoInfer<Value>,
  ): Promise<Value> {
    const chosen = await select<string>({
      ...this.streams,
      message,
      options: [...options],
      initialValue,
    });
    return answered(chosen) as Value;
  }

  async agree(message: string, initialValue: boolean): Promise<boolean> {
    return answered(await confirm({ ...this.streams, message, initialValue }));
  }
}

function answered<Value>(answer: Value | typeof CANCEL_SYMBOL): Value {
  if (answer === CANCEL_SYMBOL) throw new Cancelled('nothing was written');
  return answer as Value;
}
