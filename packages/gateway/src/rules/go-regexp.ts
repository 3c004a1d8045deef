/** Go's regular expressions: RE2 syntax, matched in time linear in the text. Loaded and compiled only when one is used. */
import { createRequire } from 'node:module';
import { FicusError } from '@ficus/common/errors.ts';
import type { RE2JS } from 're2js';
import { literalTest } from './go-regexp-literal.ts';
import { type RegexpMistake, regexpMistake } from './go-regexp-mistake.ts';
import { parseReplacement, type Replacement } from './go-replacement.ts';

/** One expression. Texts are ordinary strings: decode what came over the wire (`wireText`) before asking. */
export interface GoRegexp {
  readonly source: string;
  /** Whether it matches anywhere in `text`: Go's `MatchString`. */
  test(text: string): boolean;
  /** The leftmost match: the whole of it, then its groups, undefined where one took no part. Go's `FindStringSubmatch`. */
  match(text: string): readonly (string | undefined)[] | undefined;
  /** Go's `ReplaceAllString`: `replacement` may hold `$1`, `${name}` and `$$`. */
  replaceAll(text: string, replacement: string): string;
}

/** Characters of one expression. */
export const maxRegexpLength = 4096;
/** Instructions of one compiled expression; `[a-z]{1,100}` has some 200. */
export const maxRegexpSize = 5000;
/** Bytes that one expression may use to remember what it has seen (its DFA); it is slower, never wrong, beyond them. */
const maxDfaBytes = 256 * 1024;
/** Expressions kept by source, so that a rebuilt table and equal expressions share them. */
const maxShared = 20_000;

const shared = new Map<string, GoRegexp>();

/**
 * The expression, checked now and compiled when first used; the same object for the same source. Throws a FicusError
 * `config.bad-regexp` that says where it is wrong, also for what cannot be run in linear time and for what is too large.
 */
export function compileGoRegexp(pattern: string): GoRegexp {
  const known = shared.get(pattern);
  if (known !== undefined) return known;
  const mistake = goRegexpMistake(pattern);
  if (mistake !== undefined) {
    throw new FicusError('config.bad-regexp', at(mistake), {
      remedy: "write it in Go's syntax: https://pkg.go.dev/regexp/syntax",
      status: 400,
    });
  }
  return remember(pattern);
}

/** What is wrong with `pattern`, with its place in words, for the configuration's checker; undefined when it is good. */
export function checkGoRegexp(pattern: string): string | undefined {
  const mistake = goRegexpMistake(pattern);
  return mistake === undefined ? undefined : at(mistake);
}

/** What is wrong with `pattern`, and where; undefined when it is good. */
export function goRegexpMistake(pattern: string): RegexpMistake | undefined {
  if (shared.has(pattern)) return undefined;
  if (pattern.length <= maxRegexpLength && literalTest(pattern) !== undefined) return undefined;
  const mistake = regexpMistake(pattern, engine, maxRegexpLength, maxRegexpSize);
  if (mistake === undefined) remember(pattern);
  return mistake;
}

/** As `compileGoRegexp`, for expressions of a model: the configuration was checked, and workers need not check it again. */
export function checkedGoRegexp(pattern: string): GoRegexp {
  return shared.get(pattern) ?? remember(pattern);
}

function at({ offset, message }: RegexpMistake): string {
  return `bad regular expression at character ${offset + 1}: ${message}`;
}

function remember(pattern: string): GoRegexp {
  if (shared.size >= maxShared) shared.clear();
  const literal = literalTest(pattern);
  const made = literal === undefined ? new Expression(pattern) : new Literal(pattern, literal);
  shared.set(pattern, made);
  return made;
}

const require = createRequire(import.meta.url);
let loaded: typeof RE2JS | undefined;

/** 5 MiB that most gateways never need. */
function engine(): typeof RE2JS {
  loaded ??= (require('re2js') as typeof import('re2js')).RE2JS;
  return loaded;
}

/** Compiled when first asked: of ten thousand routers' expressions a worker may never see a text for most. */
class Expression implements GoRegexp {
  readonly source: string;
  #compiled: RE2JS | undefined;
  #replacementText = '';
  #replacement: Replacement = [];

  constructor(source: string) {
    this.source = source;
  }

  test(text: string): boolean {
    return (this.#compiled ?? this.#compile()).test(text);
  }

  match(text: string): readonly (string | undefined)[] | undefined {
    const matcher = (this.#compiled ?? this.#compile()).matcher(text);
    if (!matcher.find()) return undefined;
    const groups: (string | undefined)[] = [];
    for (let i = 0; i <= matcher.groupCount(); i++) groups.push(matcher.group(i) ?? undefined);
    return groups;
  }

  replaceAll(text: string, replacement: string): string {
    if (replacement !== this.#replacementText) {
      this.#replacement = parseReplacement(replacement);
      this.#replacementText = replacement;
    }
    const compiled = this.#compiled ?? this.#compile();
    const matcher = compiled.matcher(text);
    const names = compiled.namedGroups();
    let result = '';
    let copied = 0;
    for (let from = 0; from <= text.length && matcher.find(from); ) {
      const start = matcher.start();
      const end = matcher.end();
      result += text.slice(copied, start);
      // Go: an empty match right behind another match is none.
      if (end > copied || start === 0) {
        for (const part of this.#replacement) {
          if (typeof part === 'string') {
            result += part;
            continue;
          }
          const group =
            'group' in part ? part.group : Object.hasOwn(names, part.name) ? names[part.name] : -1;
          if (group !== undefined && group >= 0 && group <= matcher.groupCount()) {
            result += matcher.group(group) ?? '';
          }
        }
      }
      copied = end;
      const next = from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
      from = Math.max(next, end);
    }
    return result + text.slice(copied);
  }

  #compile(): RE2JS {
    const compiled = engine().compile(this.source);
    const re2 = compiled.re2();
    // Expressions that leave no choice (one-pass) never use the DFA, which would be made by asking for it.
    if (re2.onepass === null) re2.dfa.memBudget = re2.dfa.stateBudget = maxDfaBytes;
    this.#compiled = compiled;
    return compiled;
  }
}

/** Text without any operator: tested without an engine. */
class Literal extends Expression {
  readonly #test: (text: string) => boolean;

  constructor(source: string, test: (text: string) => boolean) {
    super(source);
    this.#test = test;
  }

  override test(text: string): boolean {
    return this.#test(text);
  }
}
