/** Traefik v3's rule language, from text to a matcher or to a mistake with its place. Never throws. */
import type { Matcher } from '../model/model.ts';
import { type Argument, makeMatcher } from './matchers.ts';
import { RuleMistake, RuleScanner, type Token } from './scan-rule.ts';

/** `offset`: index in the rule where the mistake is. */
export type RuleResult =
  | { readonly ok: true; readonly matcher: Matcher }
  | { readonly ok: false; readonly offset: number; readonly message: string };

/** Longest rule, in characters. */
export const maxRuleLength = 16 * 1024;
/** Deepest nesting of `(` and `!`. */
export const maxRuleDepth = 64;

/** `!` binds tightest, then `&&`, then `||`; operators of one kind make one flat list. */
export function parseRule(rule: string): RuleResult {
  if (rule.length > maxRuleLength) {
    return {
      ok: false,
      offset: maxRuleLength,
      message: `want at most ${maxRuleLength} characters, got ${rule.length}`,
    };
  }
  try {
    return { ok: true, matcher: new Parser(rule).parse() };
  } catch (error) {
    if (error instanceof RuleMistake) return { ok: false, offset: error.offset, message: error.message };
    throw error;
  }
}

/** The line of the rule the mistake is in, a caret under it, and the message: for people. */
export function ruleErrorWithCaret(rule: string, offset: number, message: string): string {
  const at = Math.min(Math.max(offset, 0), rule.length);
  const start = rule.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = rule.indexOf('\n', at);
  // A window of a very long rule: the caret must stay on the screen.
  const from = Math.max(start, at - 60);
  const to = Math.min(lineEnd < 0 ? rule.length : lineEnd, from + 120);
  const line = rule.slice(from, to).replaceAll('\t', ' ');
  return `${line}\n${' '.repeat(at - from)}^ ${message}`;
}

class Parser {
  readonly #scanner: RuleScanner;
  #token: Token;
  #depth = 0;

  constructor(rule: string) {
    this.#scanner = new RuleScanner(rule);
    this.#token = this.#scanner.next();
  }

  parse(): Matcher {
    if (this.#token.kind === 'end') throw new RuleMistake(this.#token.offset, 'want a rule, got nothing');
    const matcher = this.#any();
    if (!this.#take('end')) {
      throw new RuleMistake(this.#token.offset, `want "&&", "||" or the end, got ${show(this.#token)}`);
    }
    return matcher;
  }

  #any(): Matcher {
    const of = [this.#all()];
    while (this.#take('||')) of.push(this.#all());
    return of.length === 1 ? (of[0] as Matcher) : { kind: 'or', of };
  }

  #all(): Matcher {
    const of = [this.#one()];
    while (this.#take('&&')) of.push(this.#one());
    return of.length === 1 ? (of[0] as Matcher) : { kind: 'and', of };
  }

  #one(): Matcher {
    const token = this.#token;
    if (token.kind === 'word') return this.#call(token.text, token.offset);
    if (token.kind !== '!' && token.kind !== '(') {
      throw new RuleMistake(token.offset, `want a matcher, "!" or "(", got ${show(token)}`);
    }
    if (++this.#depth > maxRuleDepth) {
      throw new RuleMistake(token.offset, `want at most ${maxRuleDepth} nested "(" and "!"`);
    }
    this.#token = this.#scanner.next();
    const matcher: Matcher = token.kind === '!' ? { kind: 'not', of: this.#one() } : this.#any();
    if (token.kind === '(') this.#want(')');
    this.#depth--;
    return matcher;
  }

  #call(name: string, offset: number): Matcher {
    this.#token = this.#scanner.next();
    this.#want('(');
    const values: Argument[] = [];
    if (this.#token.kind !== ')') {
      do {
        const token = this.#token;
        if (token.kind !== 'string') {
          throw new RuleMistake(
            token.offset,
            `want a string in back-ticks or double quotes, got ${show(token)}`,
          );
        }
        values.push({ text: token.text, offset: token.offset });
        this.#token = this.#scanner.next();
      } while (this.#take(','));
    }
    this.#want(')');
    return makeMatcher(name, offset, values);
  }

  #take(kind: Token['kind']): boolean {
    if (this.#token.kind !== kind) return false;
    this.#token = this.#scanner.next();
    return true;
  }

  #want(kind: Token['kind']): void {
    if (!this.#take(kind)) {
      throw new RuleMistake(this.#token.offset, `want "${kind}", got ${show(this.#token)}`);
    }
  }
}

function show(token: Token): string {
  if (token.kind === 'end') return 'the end of the rule';
  if (token.kind === 'word') return `"${token.text.slice(0, 40)}"`;
  return token.kind === 'string' ? 'a string' : `"${token.kind}"`;
}
