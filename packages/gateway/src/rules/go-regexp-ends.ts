/** Text that whatever an expression matches begins or ends with: what routers with expressions are found by. */
import { classEnd } from './go-regexp-shape.ts';

export interface LiteralEnds {
  /** Of `^/api/v[0-9]+`: `/api/v`. `''` when nothing is sure. */
  readonly prefix: string;
  /** Of `[a-z]+\.shop\.example$`: `.shop.example`. `''` when nothing is sure. */
  readonly suffix: string;
}

const nothing: LiteralEnds = { prefix: '', suffix: '' };

/**
 * Never says more than is sure: alternatives, flags and escapes it does not know end the search. Letters, digits, `-`, `_`,
 * `~`, `/` and the dot only: these are never percent-encoded in a canonical path.
 */
export function literalEnds(pattern: string): LiteralEnds {
  const anchored = pattern.startsWith('^');
  let prefix: string | undefined;
  let run = '';
  const end = (): void => {
    prefix ??= anchored ? run : '';
    run = '';
  };
  for (let i = anchored ? 1 : 0; i < pattern.length; ) {
    const char = pattern[i] as string;
    const literal = /[\w~/-]/.test(char) ? char : /^\\[.~/-]/.exec(pattern.slice(i, i + 2))?.[0][1];
    if (literal !== undefined) {
      run += literal;
      i += char === '\\' ? 2 : 1;
    } else if ('*?+{'.includes(char)) {
      // A `+` leaves one of what it repeats, but what follows need not follow that one.
      if (char !== '+') run = run.slice(0, -1);
      end();
      i += /^\{\d+(?:,\d*)?\}/.exec(pattern.slice(i, i + 16))?.[0].length ?? 1;
    } else if (char === '|') {
      return nothing;
    } else if (char === '(') {
      end();
      // Flags without a colon hold for all that follows.
      if (/^\(\?[a-zA-Z-]*\)/.test(pattern.slice(i, i + 12))) return { prefix: prefix ?? '', suffix: '' };
      const behind = groupEnd(pattern, i);
      if (behind === undefined) return nothing;
      i = behind;
    } else if (char === '[') {
      end();
      i = classEnd(pattern, i);
    } else if (char === '\\') {
      end();
      if (!/[dDwWsSbB]/.test(pattern[i + 1] ?? '')) return noMore(pattern, prefix);
      i += 2;
    } else if (char === '$' && i === pattern.length - 1) {
      const suffix = run;
      end();
      return { prefix: prefix ?? '', suffix };
    } else {
      end();
      i++;
    }
  }
  end();
  return { prefix: prefix ?? '', suffix: '' };
}

/** An escape that is not known: what came before it holds unless an alternative comes after. */
function noMore(pattern: string, prefix: string | undefined): LiteralEnds {
  return pattern.includes('|') ? nothing : { prefix: prefix ?? '', suffix: '' };
}

/** Behind the `)` of the group that begins at `from`; undefined when that cannot be told. */
function groupEnd(pattern: string, from: number): number | undefined {
  let depth = 0;
  for (let i = from; i < pattern.length; ) {
    const char = pattern[i];
    if (char === '[') {
      i = classEnd(pattern, i);
    } else if (char === '\\') {
      if (pattern[i + 1] === 'Q') return undefined;
      i += 2;
    } else {
      if (char === '(') depth++;
      if (char === ')' && --depth === 0) return i + 1;
      i++;
    }
  }
  return undefined;
}
