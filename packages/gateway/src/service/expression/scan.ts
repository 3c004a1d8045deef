/** Words, numbers and operators of an expression of Traefik's circuit breaker or of its retries: Go's spelling. */

/** A mistake at a place; thrown inside this folder only, and told by `mistakeOf`. */
export class ExpressionMistake {
  /** Index in the expression, from 0. */
  readonly offset: number;
  readonly message: string;

  constructor(offset: number, message: string) {
    this.offset = offset;
    this.message = message;
  }
}

export type Comparison = '>' | '>=' | '<' | '<=' | '==' | '!=';

export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly offset: number }
  | { readonly kind: 'number'; readonly text: string; readonly offset: number }
  | {
      readonly kind: Comparison | '(' | ')' | ',' | '!' | '&&' | '||' | 'end';
      readonly text: string;
      readonly offset: number;
    };

const operators = ['&&', '||', '>=', '<=', '==', '!=', '>', '<', '!', '(', ')', ','] as const;
/** Sticky: no copies of the rest are made. */
const number = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const space = /[ \t\r\n]*/y;

/** All tokens with the `end` as last. */
export function scanExpression(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(space, text, at).length;
    if (at === text.length) {
      tokens.push({ kind: 'end', text: '', offset: at });
      return tokens;
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    at += token.text.length;
  }
}

function tokenAt(text: string, offset: number): Token {
  const name = matchAt(word, text, offset);
  if (name !== '') return { kind: 'word', text: name, offset };
  const digits = matchAt(number, text, offset);
  if (digits !== '') {
    // `0x10`, `1_000` and `5s` are no numbers here, and must not be read as two tokens.
    const rest = matchAt(word, text, offset + digits.length);
    if (rest !== '')
      throw new ExpressionMistake(offset, `want a number like 100 or 0.25, got "${digits}${rest}"`);
    return { kind: 'number', text: digits, offset };
  }
  const kind = operators.find((operator) => text.startsWith(operator, offset));
  if (kind !== undefined) return { kind, text: kind, offset };
  throw new ExpressionMistake(offset, unexpected(text, offset));
}

function unexpected(text: string, offset: number): string {
  const char = String.fromCodePoint(text.codePointAt(offset) as number);
  if (char === '&' || char === '|') return `want "${char}${char}", got "${char}"`;
  if (char === '=') return 'want "==", got "="';
  if (char === '-') return 'no value is ever below 0, got "-"';
  return `want a function, a number or an operator, got ${JSON.stringify(char)}`;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
