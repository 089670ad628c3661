/**
 * CloudWatch metric math, as far as our alarms use it, on one period at a time: arithmetic, comparisons, `AND`, `OR`, and
 * the functions below. The emulator knows none of it.
 * Source: Amazon CloudWatch User Guide, "Using metric math", read 2026-11.
 */
export type Datapoint = number | undefined;

export interface MathInput {
  /** Of each id: undefined where the period has no datapoint. */
  readonly values: ReadonlyMap<string, Datapoint>;
  readonly periodSeconds: number;
}

type Evaluate = (input: MathInput) => Datapoint;

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/^<>()[\],]))/y;

/** @throws Error for what is not in the grammar here: the test must learn it, not guess. */
export function compileMath(expression: string): Evaluate {
  const tokens = tokensOf(expression);
  const parser = new Parser(tokens, expression);
  return parser.whole();
}

/** Every number that an expression compares or multiplies with. */
export const numbersIn = (expression: string): number[] =>
  tokensOf(expression)
    .map(Number)
    .filter((value) => Number.isFinite(value));

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const match = TOKEN.exec(expression);
    if (!match) throw new Error(`metric math that is not understood: ${expression}`);
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return tokens;
}

type Operator = (left: number, right: number) => number;

/** Binary operators from weak to strong. */
const LEVELS: readonly Readonly<Record<string, Operator>>[] = [
  { '||': (a, b) => Number(a !== 0 || b !== 0), OR: (a, b) => Number(a !== 0 || b !== 0) },
  { '&&': (a, b) => Number(a !== 0 && b !== 0), AND: (a, b) => Number(a !== 0 && b !== 0) },
  {
    '<': (a, b) => Number(a < b),
    '>': (a, b) => Number(a > b),
    '<=': (a, b) => Number(a <= b),
    '>=': (a, b) => Number(a >= b),
    '==': (a, b) => Number(a === b),
    '!=': (a, b) => Number(a !== b),
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b },
  { '^': (a, b) => a ** b },
];

type Aggregate = (values: readonly number[]) => number;

/** Over a list of metrics, where those without a datapoint do not count. */
const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
};

class Parser {
  private next = 0;
  private readonly tokens: readonly string[];
  private readonly expression: string;

  constructor(tokens: readonly string[], expression: string) {
    this.tokens = tokens;
    this.expression = expression;
  }

  whole(): Evaluate {
    const evaluate = this.binary(0);
    if (this.next < this.tokens.length) throw this.fault();
    return evaluate;
  }

  private binary(level: number): Evaluate {
    const operators = LEVELS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const operator = operators[this.tokens[this.next] ?? ''];
      if (!operator) return left;
      this.next += 1;
      left = both(operator, left, this.binary(level + 1));
    }
  }

  private unary(): Evaluate {
    if (!this.accept('-')) return this.primary();
    const operand = this.unary();
    return (input) => {
      const value = operand(input);
      return value === undefined ? undefined : -value;
    };
  }

  private primary(): Evaluate {
    const token = this.tokens[this.next] ?? '';
    this.next += 1;
    if (token === '(') {
      const inner = this.binary(0);
      this.expect(')');
      return inner;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (!/^[A-Za-z]/.test(token)) throw this.fault();
    return this.accept('(') ? this.call(token) : ({ values }) => namedValue(values, token);
  }

  private call(name: string): Evaluate {
    if (name === 'PERIOD') {
      this.next += 1;
      this.expect(')');
      return ({ periodSeconds }) => periodSeconds;
    }
    const isList = this.accept('[');
    const args = this.list(isList ? ']' : ')');
    if (isList) this.expect(')');
    return this.functionOf(name, args);
  }

  private functionOf(name: string, args: readonly Evaluate[]): Evaluate {
    const [first, second, third] = args;
    if (name === 'IF' && first && second) {
      return (input) => {
        const condition = first(input);
        if (condition === undefined) return undefined;
        return condition === 0 ? third?.(input) : second(input);
      };
    }
    if (name === 'FILL' && first && second) return (input) => first(input) ?? second(input);
    const aggregate = AGGREGATES[name];
    if (!aggregate) throw this.fault();
    return (input) => {
      const values = args.map((argument) => argument(input)).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : aggregate(values);
    };
  }

  private list(end: string): Evaluate[] {
    const items: Evaluate[] = [];
    while (!this.accept(end)) {
      if (items.length > 0) this.expect(',');
      items.push(this.binary(0));
    }
    return items;
  }

  private accept(token: string): boolean {
    if (this.tokens[this.next] !== token) return false;
    this.next += 1;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) throw this.fault();
  }

  private fault(): Error {
    return new Error(`metric math that is not understood: ${this.expression}`);
  }
}

/** Where either side has no datapoint, or there is no finite result, there is none. */
const both =
  (operator: Operator, left: Evaluate, right: Evaluate): Evaluate =>
  (input) => {
    const [a, b] = [left(input), right(input)];
    if (a === undefined || b === undefined) return undefined;
    const result = operator(a, b);
    return Number.isFinite(result) ? result : undefined;
  };

function namedValue(values: ReadonlyMap<string, Datapoint>, id: string): Datapoint {
  if (!values.has(id)) throw new Error(`metric math names ${id}, which is no metric of its alarm`);
  return values.get(id);
}
