/** The retry expression of `buffering`: Traefik's language, from text to what it means for a retry policy. */
import { didYouMean } from '@ficus/common/config/nearest.ts';
import { type Comparison, ExpressionMistake, scanExpression, type Token } from './circuit/scan-expression.ts';
import type { RetryPolicy, StatusRange } from './retry-policy.ts';

const maxLength = 4096;
/** Deepest nesting of `(` and `!`. */
const maxDepth = 64;
/** Traefik sends nothing again after so many attempts that failed. */
const mostAttempts = 10;
const usages = 'Attempts(), ResponseCode(), IsNetworkError()';

/** One answer to be judged. */
interface Outcome {
  readonly attempts: number;
  readonly status: number;
}

type Value = (outcome: Outcome) => number;
type Condition = (outcome: Outcome) => boolean;
type Part = { readonly holds: Condition } | { readonly of: Value; readonly constant: boolean };

/** The part of a policy that `text` stands for, or what is wrong with it. */
export function retryRule(
  text: string,
): Pick<RetryPolicy, 'attempts' | 'networkErrors' | 'statuses'> | string {
  if (text.length > maxLength)
    return `bad expression: want at most ${maxLength} characters, got ${text.length}`;
  const method = text.search(/\bRequestMethod\b/);
  if (method >= 0)
    return `bad expression at character ${method + 1}: RequestMethod() is not needed: only methods that may be sent twice are`;
  try {
    return policyOf(new Parser(scanExpression(text)).parse());
  } catch (error) {
    if (error instanceof ExpressionMistake)
      return `bad expression at character ${error.offset + 1}: ${error.message}`;
    throw error;
  }
}

/**
 * A policy knows a number of attempts, and statuses that are tried again until then: what the condition says for every
 * attempt and status shows whether it is one.
 */
function policyOf(holds: Condition): Pick<RetryPolicy, 'attempts' | 'networkErrors' | 'statuses'> | string {
  const first = statusesOf(holds, 1);
  if (first.length === 0) return 'it never holds after the first attempt, so that nothing is ever sent again';
  const success = first.find((status) => status < 300);
  if (success !== undefined)
    return `it holds for status ${success}, too: want IsNetworkError() or ResponseCode() to say which answers are failures`;
  let attempts = mostAttempts + 1;
  for (let attempt = 2; attempt <= mostAttempts; attempt++) {
    const now = statusesOf(holds, attempt);
    if (now.length === 0) attempts = Math.min(attempts, attempt);
    else if (attempts < attempt || now.join() !== first.join())
      return 'it means other statuses after some attempts than after others: want "Attempts() < 3 && …" with the same for all';
  }
  return {
    attempts,
    // What the gateway itself answers in place of an endpoint that it cannot reach.
    networkErrors: first.includes(502) || first.includes(504),
    statuses: rangesOf(first),
  };
}

function statusesOf(holds: Condition, attempts: number): readonly number[] {
  const statuses: number[] = [];
  for (let status = 200; status < 600; status++) if (holds({ attempts, status })) statuses.push(status);
  return statuses;
}

function rangesOf(statuses: readonly number[]): readonly StatusRange[] {
  const ranges: [number, number][] = [];
  for (const status of statuses) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === status - 1) last[1] = status;
    else ranges.push([status, status]);
  }
  return ranges;
}

const compare: { readonly [K in Comparison]: (left: number, right: number) => boolean } = {
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

const functions: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['Attempts', { of: ({ attempts }) => attempts, constant: false }],
  ['ResponseCode', { of: ({ status }) => status, constant: false }],
  ['IsNetworkError', { holds: ({ status }) => status === 502 || status === 504 }],
]);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Condition {
    const holds = this.#condition(this.#any());
    if (this.#token.kind !== 'end') throw this.#mistake('want "&&", "||" or the end');
    return holds;
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #mistake(want: string): ExpressionMistake {
    const { kind, text, offset } = this.#token;
    return new ExpressionMistake(offset, `${want}, got ${kind === 'end' ? 'the end' : JSON.stringify(text)}`);
  }

  #condition(part: Part): Condition {
    if ('holds' in part) return part.holds;
    throw this.#mistake('want a comparison such as "< 3"');
  }

  #any(): Part {
    let left = this.#all();
    while (this.#take('||')) {
      const [before, after] = [this.#condition(left), this.#condition(this.#all())];
      left = { holds: (outcome) => before(outcome) || after(outcome) };
    }
    return left;
  }

  #all(): Part {
    let left = this.#comparison();
    while (this.#take('&&')) {
      const [before, after] = [this.#condition(left), this.#condition(this.#comparison())];
      left = { holds: (outcome) => before(outcome) && after(outcome) };
    }
    return left;
  }

  #comparison(): Part {
    const left = this.#unary();
    const { kind, offset } = this.#token;
    if (!isComparison(kind)) return left;
    this.#at++;
    const right = this.#unary();
    if ('holds' in left || 'holds' in right)
      throw new ExpressionMistake(offset, `${JSON.stringify(kind)} compares numbers, not conditions`);
    if (left.constant && right.constant)
      throw new ExpressionMistake(offset, `want a function on one side of ${JSON.stringify(kind)}`);
    const fits = compare[kind];
    return { holds: (outcome) => fits(left.of(outcome), right.of(outcome)) };
  }

  #unary(): Part {
    const { kind, offset, text } = this.#token;
    if (kind === 'number') {
      this.#at++;
      const constant = Number(text);
      return { of: () => constant, constant: true };
    }
    if (kind === 'word') return this.#call(text, offset);
    if (kind !== '!' && kind !== '(') throw this.#mistake(`want one of ${usages}`);
    if (++this.#depth > maxDepth) throw new ExpressionMistake(offset, `nested more than ${maxDepth} deep`);
    this.#at++;
    const part = kind === '!' ? this.#not() : this.#any();
    if (kind === '(') this.#expect(')');
    this.#depth--;
    return part;
  }

  #not(): Part {
    const holds = this.#condition(this.#unary());
    return { holds: (outcome) => !holds(outcome) };
  }

  #call(name: string, offset: number): Part {
    const found = functions.get(name);
    if (found === undefined) {
      const hint = didYouMean(name, functions.keys());
      throw new ExpressionMistake(offset, `want one of ${usages}, got ${JSON.stringify(name)}${hint}`);
    }
    this.#at++;
    this.#expect('(');
    this.#expect(')');
    return found;
  }

  #take(kind: Token['kind']): boolean {
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
