/** A circuit breaker's expression: Traefik's language, from text to a condition or to what is wrong with it. */
import { didYouMean } from '@ficus/common/config/nearest.ts';
import { type CircuitMetrics, functions, usages, type Value } from './metric-functions.ts';
import type { CodeRange } from './rolling-counts.ts';
import { type Comparison, ExpressionMistake, scanExpression, type Token } from './scan-expression.ts';

export type Condition = (metrics: CircuitMetrics) => boolean;

/** Longest expression, in characters. */
export const maxExpressionLength = 4096;
/** Deepest nesting of `(` and `!`. */
const maxDepth = 64;

/** What is wrong with `text`, for people; undefined when nothing is. */
export function checkExpression(text: string): string | undefined {
  if (text.length > maxExpressionLength)
    return `bad expression: want at most ${maxExpressionLength} characters, got ${text.length}`;
  try {
    new Parser(scanExpression(text)).parse();
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionMistake)
      return `bad expression at character ${error.offset + 1}: ${error.message}`;
    throw error;
  }
}

/** Of a text that `checkExpression` has let through. */
export function compileExpression(text: string): Condition {
  return new Parser(scanExpression(text)).parse();
}

/** What has to be measured for an expression to be answered. */
export interface ExpressionNeeds {
  readonly ranges: readonly CodeRange[];
  readonly latencies: boolean;
}

/** Of a text that `checkExpression` has let through. */
export function expressionNeeds(text: string): ExpressionNeeds {
  const parser = new Parser(scanExpression(text));
  parser.parse();
  const ranges = new Map<string, CodeRange>();
  for (const { name, args } of parser.calls) {
    if (name !== 'ResponseCodeRatio') continue;
    const [from = 0, to = 0, byFrom = 0, byTo = 0] = args;
    ranges.set(`${from}-${to}`, [from, to]).set(`${byFrom}-${byTo}`, [byFrom, byTo]);
  }
  return {
    ranges: [...ranges.values()],
    latencies: parser.calls.some(({ name }) => name === 'LatencyAtQuantileMS'),
  };
}

const compare: { readonly [K in Comparison]: (left: Value, right: Value) => Condition } = {
  '>': (left, right) => (metrics) => left(metrics) > right(metrics),
  '>=': (left, right) => (metrics) => left(metrics) >= right(metrics),
  '<': (left, right) => (metrics) => left(metrics) < right(metrics),
  '<=': (left, right) => (metrics) => left(metrics) <= right(metrics),
  '==': (left, right) => (metrics) => left(metrics) === right(metrics),
  '!=': (left, right) => (metrics) => left(metrics) !== right(metrics),
};

type Part =
  | { readonly kind: 'condition'; readonly holds: Condition }
  | { readonly kind: 'value'; readonly of: Value; readonly constant: boolean };

class Parser {
  /** The functions called, in order. */
  readonly calls: { readonly name: string; readonly args: readonly number[] }[] = [];
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Condition {
    const holds = this.#any();
    const { kind, offset } = this.#token;
    if (kind !== 'end') throw new ExpressionMistake(offset, `want "&&", "||" or the end, got ${this.#seen}`);
    if (holds.kind === 'value')
      throw new ExpressionMistake(offset, `want a comparison such as "> 0.30", got ${this.#seen}`);
    return holds.holds;
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get #seen(): string {
    return this.#token.kind === 'end' ? 'the end' : JSON.stringify(this.#token.text);
  }

  #any(): Part {
    return this.#joined(
      '||',
      () => this.#all(),
      (left, right) => (metrics) => left(metrics) || right(metrics),
    );
  }

  #all(): Part {
    return this.#joined(
      '&&',
      () => this.#comparison(),
      (left, right) => (metrics) => left(metrics) && right(metrics),
    );
  }

  #joined(
    operator: '||' | '&&',
    next: () => Part,
    join: (left: Condition, right: Condition) => Condition,
  ): Part {
    let left = next();
    while (this.#token.kind === operator) {
      const before = this.#condition(left);
      this.#at++;
      left = { kind: 'condition', holds: join(before, this.#condition(next())) };
    }
    return left;
  }

  #condition(part: Part): Condition {
    if (part.kind === 'condition') return part.holds;
    throw new ExpressionMistake(this.#token.offset, `want a comparison such as "> 0.30", got ${this.#seen}`);
  }

  #comparison(): Part {
    const left = this.#unary();
    const { kind, offset } = this.#token;
    if (!isComparison(kind)) return left;
    this.#at++;
    const right = this.#unary();
    if (left.kind === 'condition' || right.kind === 'condition')
      throw new ExpressionMistake(offset, `${JSON.stringify(kind)} compares numbers, not conditions`);
    if (left.constant && right.constant)
      throw new ExpressionMistake(
        offset,
        `want a function on one side of ${JSON.stringify(kind)}: one of ${usages}`,
      );
    if (isComparison(this.#token.kind))
      throw new ExpressionMistake(this.#token.offset, `want "&&", "||" or the end, got ${this.#seen}`);
    return { kind: 'condition', holds: compare[kind](left.of, right.of) };
  }

  #unary(): Part {
    const { kind, offset, text } = this.#token;
    if (kind === 'number') {
      this.#at++;
      const constant = Number(text);
      return { kind: 'value', of: () => constant, constant: true };
    }
    if (kind === 'word') return this.#call(text, offset);
    if (kind !== '!' && kind !== '(') {
      throw new ExpressionMistake(offset, `want one of ${usages}, got ${this.#seen}`);
    }
    if (++this.#depth > maxDepth) throw new ExpressionMistake(offset, `nested more than ${maxDepth} deep`);
    this.#at++;
    const part = kind === '!' ? this.#not() : this.#any();
    if (kind === '(') this.#expect(')');
    this.#depth--;
    return part;
  }

  #not(): Part {
    const { offset } = this.#token;
    const part = this.#unary();
    if (part.kind === 'value')
      throw new ExpressionMistake(
        offset,
        'what "!" turns round must be in parentheses, such as !(RequestThreshold() < 20)',
      );
    const { holds } = part;
    return { kind: 'condition', holds: (metrics) => !holds(metrics) };
  }

  #call(name: string, offset: number): Part {
    const found = functions.get(name);
    if (found === undefined) {
      const hint = didYouMean(name, functions.keys());
      throw new ExpressionMistake(offset, `want one of ${usages}, got ${JSON.stringify(name)}${hint}`);
    }
    this.#at++;
    this.#expect('(');
    const args: number[] = [];
    while (this.#token.kind === 'number') {
      args.push(Number(this.#token.text));
      this.#at++;
      if (!this.#take(',')) break;
    }
    this.#expect(')');
    const wrong = found.check(args);
    if (wrong !== undefined) throw new ExpressionMistake(offset, `${name}: ${wrong}`);
    this.calls.push({ name, args });
    return { kind: 'value', of: found.bind(args), constant: false };
  }

  #take(kind: '(' | ')' | ','): boolean {
    if (this.#token.kind !== kind) return false;
    this.#at++;
    return true;
  }

  #expect(kind: '(' | ')'): void {
    if (!this.#take(kind))
      throw new ExpressionMistake(this.#token.offset, `want "${kind}", got ${this.#seen}`);
  }
}

function isComparison(kind: Token['kind']): kind is Comparison {
  return Object.hasOwn(compare, kind);
}
