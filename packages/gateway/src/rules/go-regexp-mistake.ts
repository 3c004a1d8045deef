/** What is wrong with a Go regular expression, in words for a person, and where. */
import type { RE2JS } from 're2js';
import { regexpShape } from './go-regexp-shape.ts';

export interface RegexpMistake {
  /** Index in the expression. */
  readonly offset: number;
  readonly message: string;
}

/** Compiles `pattern` with `engine` to see. Nothing larger than the limits is ever compiled. */
export function regexpMistake(
  pattern: string,
  engine: () => typeof RE2JS,
  maxLength: number,
  maxSize: number,
): RegexpMistake | undefined {
  if (pattern.length > maxLength) {
    return { offset: maxLength, message: `want at most ${maxLength} characters, got ${pattern.length}` };
  }
  if (!pattern.isWellFormed()) return { offset: 0, message: 'it holds half of a character' };
  const { size, unpaired } = regexpShape(pattern);
  // The scan counts rather too much: only what is far beyond is refused unseen.
  const tooLarge = { offset: 0, message: `it is too large: its repetitions come to over ${maxSize} steps` };
  if (size > maxSize * 4) return tooLarge;
  try {
    return engine().compile(pattern).programSize() > maxSize ? tooLarge : undefined;
  } catch (error) {
    const { error: what, input } = error as { readonly error?: unknown; readonly input?: unknown };
    if (typeof what !== 'string') return { offset: 0, message: 'it nests too deeply' };
    return explained(pattern, what, typeof input === 'string' ? input : '', unpaired);
  }
}

const linear = 'cannot be run in time linear in the text, so Go has none';

/** `what` and `input` are Go's own words: the kind of mistake, and the piece of the expression it is in. */
function explained(
  pattern: string,
  what: string,
  input: string,
  unpaired: number | undefined,
): RegexpMistake {
  const look = /\(\?<?[=!]/.exec(pattern);
  const piece = input === '' ? '' : `: ${input.slice(0, 60)}`;
  const offset = Math.max(0, pattern.indexOf(input));
  switch (what) {
    case 'invalid or unsupported Perl syntax':
    case 'invalid named capture':
      // Both are said of the first group that Go does not know, which the piece begins with.
      if (look !== null && (input.startsWith(look[0]) || /^\(\?<[=!]/.test(input))) {
        const found = pattern.indexOf(input.slice(0, 4), offset);
        return { offset: Math.max(found, 0), message: `lookahead and lookbehind ("${look[0]}") ${linear}` };
      }
      if (input.startsWith('(?>')) return { offset, message: `atomic groups ("(?>") ${linear}` };
      if (input === '(?P' && pattern.includes('(?P=')) {
        return { offset: pattern.indexOf('(?P='), message: `back-references ("(?P=") ${linear}` };
      }
      return { offset, message: `no group begins like this in Go's syntax${piece}` };
    case 'invalid escape sequence':
      if (/^\\[1-9k]/.test(input)) return { offset, message: `back-references ("${input}") ${linear}` };
      return { offset, message: `no escape of Go's syntax${piece}` };
    case 'missing closing )':
      return { offset: unpaired ?? offset, message: 'this "(" is never closed' };
    case 'unexpected )':
      return { offset: unpaired ?? offset, message: 'this ")" closes nothing' };
    case 'missing closing ]':
      return { offset: Math.max(0, pattern.lastIndexOf(input)), message: 'this "[" is never closed' };
    case 'missing argument to repetition operator':
      return { offset, message: `nothing to repeat${piece}` };
    case 'invalid nested repetition operator':
      return { offset, message: `two repetitions in a row${piece} (possessive ones ${linear})` };
    case 'invalid repeat count':
      if (isBackwards(input)) return { offset, message: `want the smaller number first${piece}` };
      // Either this one is too many, or it stands around others: then it is the last of them.
      return {
        offset: Number(/\d+/.exec(input)?.[0]) > 1000 ? offset : Math.max(0, pattern.lastIndexOf(input)),
        message: `want at most 1000 repetitions, also of nested ones together${piece}`,
      };
    case 'trailing backslash at end of expression':
      return { offset: pattern.length - 1, message: 'nothing follows this backslash' };
    default:
      return { offset, message: `${what}${piece}` };
  }
}

/** `{5,2}` */
function isBackwards(repetition: string): boolean {
  const [, least, most] = /^\{(\d+),(\d+)\}/.exec(repetition) ?? [];
  return most !== undefined && Number(least) > Number(most) && Number(least) <= 1000;
}
