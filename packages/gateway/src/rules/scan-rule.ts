/** Words, strings and operators of Traefik's rule language, which borrows Go's spelling. */

/** A mistake at a place; thrown inside rules/ only, and caught by `parseRule`. */
export class RuleMistake {
  readonly offset: number;
  readonly message: string;

  constructor(offset: number, message: string) {
    this.offset = offset;
    this.message = message;
  }
}

export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly offset: number }
  /** `raw`: in back-ticks, without escapes. */
  | { readonly kind: 'string'; readonly text: string; readonly offset: number; readonly raw: boolean }
  | { readonly kind: '(' | ')' | ',' | '!' | '&&' | '||' | 'end'; readonly offset: number };

/** Hands out one token after the other. */
export class RuleScanner {
  readonly #rule: string;
  #at = 0;

  constructor(rule: string) {
    this.#rule = rule;
  }

  next(): Token {
    const rule = this.#rule;
    while (this.#at < rule.length && ' \t\r\n'.includes(rule[this.#at] as string)) this.#at++;
    const offset = this.#at;
    const char = rule[offset];
    if (char === undefined) return { kind: 'end', offset };
    if (char === '(' || char === ')' || char === ',' || char === '!') {
      this.#at++;
      return { kind: char, offset };
    }
    if (char === '&' || char === '|') {
      if (rule[offset + 1] !== char) throw new RuleMistake(offset, `want "${char}${char}", got "${char}"`);
      this.#at += 2;
      return { kind: char === '&' ? '&&' : '||', offset };
    }
    if (char === '`') return { kind: 'string', text: this.#raw(), offset, raw: true };
    if (char === '"') return { kind: 'string', text: this.#quoted(), offset, raw: false };
    if (char === "'")
      throw new RuleMistake(offset, 'want a string in back-ticks or double quotes, got a single quote');
    let end = offset;
    while (end < rule.length && /[A-Za-z0-9_]/.test(rule[end] as string)) end++;
    if (end === offset) throw new RuleMistake(offset, `want a matcher, "!" or "(", got "${char}"`);
    this.#at = end;
    return { kind: 'word', text: rule.slice(offset, end), offset };
  }

  #raw(): string {
    const start = this.#at;
    const end = this.#rule.indexOf('`', start + 1);
    if (end < 0) throw new RuleMistake(start, 'this string is never closed: want another "`"');
    this.#at = end + 1;
    return this.#rule.slice(start + 1, end);
  }

  #quoted(): string {
    const rule = this.#rule;
    const start = this.#at;
    let text = '';
    for (let i = start + 1; i < rule.length; ) {
      const char = rule[i] as string;
      if (char === '"') {
        this.#at = i + 1;
        return text;
      }
      if (char === '\n') break;
      if (char !== '\\') {
        text += char;
        i++;
        continue;
      }
      const [decoded, length] = decodeEscape(rule, i);
      text += decoded;
      i += length;
    }
    throw new RuleMistake(start, "this string is never closed: want another '\"'");
  }
}

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** The character an escape at `at` stands for, and the escape's length. */
function decodeEscape(rule: string, at: number): [text: string, length: number] {
  const letter = rule[at + 1] ?? '';
  if (Object.hasOwn(simple, letter)) return [simple[letter] as string, 2];
  const match = /^\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3}))/.exec(
    rule.slice(at, at + 10),
  );
  if (match === null) throw new RuleMistake(at, 'this is no escape: want \\\\, \\", \\n, \\xHH, \\uHHHH …');
  const octal = match[4] !== undefined;
  const code = Number.parseInt(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '', octal ? 8 : 16);
  const isByte = octal || match[1] !== undefined;
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || (isByte && code > 0x7f)) {
    throw new RuleMistake(at, 'this escape is no character');
  }
  return [String.fromCodePoint(code), match[0].length];
}
