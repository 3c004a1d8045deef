/** Traefik v3's rule language, from text to a matcher or to a mistake with its place. Never throws. */
import type { Matcher } from '../model/model.ts';
import type { Argument } from './matcher-values.ts';
import { makeMatcher } from './matchers.ts';
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

/** The line of the rule that the mistake is in, and under it a caret: two lines, for people. */
export function ruleExcerpt(rule: string, offset: number): string {
  const at = Math.min(Math.max(offset, 0), rule.length);
  const start = rule.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = rule.indexOf('\n', at);
  const end = lineEnd < 0 ? rule.length : lineEnd;
  // A window of a very long rule: the caret must stay on the screen.
  const from = at - start <= 90 ? start : at - 60;
  const to = Math.min(end, from + 110);
  const before = (from > start ? '…' : '') + shown(rule.slice(from, at));
  const line = before + shown(rule.slice(at, to)) + (to < end ? '…' : '');
  return `${line}\n${' '.repeat([...before].length)}^`;
}

/** Without what would move a terminal's cursor. */
function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown
  return text.replaceAll(/[\0-\x1f\x7f-\x9f]/g, ' ');
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
      if (this.#token.kind === ')') throw new RuleMistake(this.#token.offset, 'this ")" closes nothing');
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
    if (token.kind === '(') this.#close(token.offset);
    this.#depth--;
    return matcher;
  }

  #call(name: string, offset: number): Matcher {
    this.#token = this.#scanner.next();
    const open = this.#token.offset;
    if (!this.#take('(')) {
      throw new RuleMistake(
        open,
        `want "(" behind ${JSON.stringify(name.slice(0, 40))}, got ${show(this.#token)}`,
      );
    }
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
        values.push(token);
        this.#token = this.#scanner.next();
      } while (this.#take(','));
    }
    this.#close(open);
    return makeMatcher(name, offset, values);
  }

  #take(kind: Token['kind']): boolean {
    if (this.#token.kind !== kind) return false;
    this.#token = this.#scanner.next();
    return true;
  }

  /** Takes the `)` that belongs to the `(` at `open`. */
  #close(open: number): void {
    if (this.#take(')')) return;
    if (this.#token.kind === 'end') throw new RuleMistake(open, 'this "(" is never closed');
    throw new RuleMistake(this.#token.offset, `want ")", got ${show(this.#token)}`);
  }
}

function show(token: Token): string {
  if (token.kind === 'end') return 'the end of the rule';
  if (token.kind === 'word') return `"${token.text.slice(0, 40)}"`;
  return token.kind === 'string' ? 'a string' : `"${token.kind}"`;
}
