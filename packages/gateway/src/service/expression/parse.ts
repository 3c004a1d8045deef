/** Conditions over measured facts, as Traefik writes them for circuit breakers and retries: from text to a function, or to what is wrong. */
import { didYouMean } from '@ficus/common/config/nearest.ts';
import { type Comparison, ExpressionMistake, scanExpression, type Token } from './scan.ts';

/** Of the facts of a moment: a number, or whether something holds. */
export type Value<F> = (facts: F) => number;
export type Condition<F> = (facts: F) => boolean;

/** One function of a language: `value` or `condition`. */
export interface ExpressionFunction<F> {
  /** How to write it, for messages. */
  readonly usage: string;
  /** What is wrong with these arguments, if anything. */
  check(args: readonly number[]): string | undefined;
  /** One of both. */
  value?(args: readonly number[]): Value<F>;
  condition?(args: readonly number[]): Condition<F>;
}

export interface Language<F> {
  readonly functions: ReadonlyMap<string, ExpressionFunction<F>>;
  /** An example of what is missing after a number: `> 0.30`. */
  readonly comparison: string;
  /** An example of what `!` turns round. */
  readonly negated: string;
}

/** A function that was called, in the order of the text. */
export interface Call {
  readonly name: string;
  readonly args: readonly number[];
}

/** Longest expression, in characters. */
export const maxExpressionLength = 4096;
/** Deepest nesting of `(` and `!`. */
const maxDepth = 64;

/** The condition and what it calls, or what is wrong with `text`, for people. */
export function parseExpression<F>(
  text: string,
  language: Language<F>,
): { readonly holds: Condition<F>; readonly calls: readonly Call[] } | string {
  if (text.length > maxExpressionLength)
    return `bad expression: want at most ${maxExpressionLength} characters, got ${text.length}`;
  try {
    const parser = new Parser(scanExpression(text), language);
    return { holds: parser.parse(), calls: parser.calls };
  } catch (error) {
    if (error instanceof ExpressionMistake)
      return `bad expression at character ${error.offset + 1}: ${error.message}`;
    throw error;
  }
}

/** For functions without arguments. */
export function noArguments(args: readonly number[]): string | undefined {
  return args.length === 0 ? undefined : 'it takes nothing in its parentheses';
}

type Comparing = <F>(left: Value<F>, right: Value<F>) => Condition<F>;
const compare: { readonly [K in Comparison]: Comparing } = {
  '>': (left, right) => (facts) => left(facts) > right(facts),
  '>=': (left, right) => (facts) => left(facts) >= right(facts),
  '<': (left, right) => (facts) => left(facts) < right(facts),
  '<=': (left, right) => (facts) => left(facts) <= right(facts),
  '==': (left, right) => (facts) => left(facts) === right(facts),
  '!=': (left, right) => (facts) => left(facts) !== right(facts),
};

type Part<F> =
  | { readonly kind: 'condition'; readonly holds: Condition<F> }
  | { readonly kind: 'value'; readonly of: Value<F>; readonly constant: boolean };

class Parser<F> {
  readonly calls: Call[] = [];
  readonly #language: Language<F>;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], language: Language<F>) {
    this.#tokens = tokens;
    this.#language = language;
  }

  parse(): Condition<F> {
    const whole = this.#any();
    if (this.#token.kind !== 'end') throw this.#mistake('want "&&", "||" or the end');
    return this.#condition(whole);
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get #usages(): string {
    return [...this.#language.functions.values()].map(({ usage }) => usage).join(', ');
  }

  #mistake(want: string): ExpressionMistake {
    const { kind, text, offset } = this.#token;
    return new ExpressionMistake(offset, `${want}, got ${kind === 'end' ? 'the end' : JSON.stringify(text)}`);
  }

  #any(): Part<F> {
    let left = this.#all();
    while (this.#token.kind === '||') {
      const before = this.#condition(left);
      this.#at++;
      const after = this.#condition(this.#all());
      left = { kind: 'condition', holds: (facts) => before(facts) || after(facts) };
    }
    return left;
  }

  #all(): Part<F> {
    let left = this.#comparison();
    while (this.#token.kind === '&&') {
      const before = this.#condition(left);
      this.#at++;
      const after = this.#condition(this.#comparison());
      left = { kind: 'condition', holds: (facts) => before(facts) && after(facts) };
    }
    return left;
  }

  #condition(part: Part<F>): Condition<F> {
    if (part.kind === 'condition') return part.holds;
    throw this.#mistake(`want a comparison such as "${this.#language.comparison}"`);
  }

  #comparison(): Part<F> {
    const left = this.#unary();
    const { kind, offset } = this.#token;
    if (!isComparison(kind)) return left;
    this.#at++;
    const right = this.#unary();
    if (left.kind === 'condition' || right.kind === 'condition')
      throw new ExpressionMistake(offset, `${JSON.stringify(kind)} compares numbers, not conditions`);
    if (left.constant && right.constant) {
      const want = `want a function on one side of ${JSON.stringify(kind)}: one of ${this.#usages}`;
      throw new ExpressionMistake(offset, want);
    }
    if (isComparison(this.#token.kind)) throw this.#mistake('want "&&", "||" or the end');
    return { kind: 'condition', holds: compare[kind](left.of, right.of) };
  }

  #unary(): Part<F> {
    const { kind, offset, text } = this.#token;
    if (kind === 'number') {
      this.#at++;
      const constant = Number(text);
      return { kind: 'value', of: () => constant, constant: true };
    }
    if (kind === 'word') return this.#call(text, offset);
    if (kind !== '!' && kind !== '(') throw this.#mistake(`want one of ${this.#usages}`);
    if (++this.#depth > maxDepth) throw new ExpressionMistake(offset, `nested more than ${maxDepth} deep`);
    this.#at++;
    const part = kind === '!' ? this.#not() : this.#any();
    if (kind === '(') this.#expect(')');
    this.#depth--;
    return part;
  }

  #not(): Part<F> {
    const { offset } = this.#token;
    const part = this.#unary();
    if (part.kind === 'value') {
      const want = `what "!" turns round must be in parentheses, such as ${this.#language.negated}`;
      throw new ExpressionMistake(offset, want);
    }
    const { holds } = part;
    return { kind: 'condition', holds: (facts) => !holds(facts) };
  }

  #call(name: string, offset: number): Part<F> {
    const found = this.#language.functions.get(name);
    if (found === undefined) {
      const hint = didYouMean(name, this.#language.functions.keys());
      throw new ExpressionMistake(offset, `want one of ${this.#usages}, got ${JSON.stringify(name)}${hint}`);
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
    const holds = found.condition?.(args);
    if (holds !== undefined) return { kind: 'condition', holds };
    return { kind: 'value', of: found.value?.(args) as Value<F>, constant: false };
  }

  #take(kind: '(' | ')' | ','): boolean {
    if (this.#token.kind !== kind) return false;
    this.#at++;
    return true;
  }

  #expect(kind: '(' | ')'): void {
    if (!this.#take(kind)) throw this.#mistake(`want "${kind}"`);
  }
}

function isComparison(kind: Token['kind']): kind is Comparison {
  return Object.hasOwn(compare, kind);
}
