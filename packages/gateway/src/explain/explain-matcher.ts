/** Why a rule takes a request or not: the matchers that decided, with what was found. */
import { type Headers, stride } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { Matcher } from '../model/model.ts';
import { compileMatcher } from '../rules/compile.ts';
import { printRule } from '../rules/print-rule.ts';

/** One matcher that had its say. */
export interface Decided {
  /** As a rule, `!` included when the rule wanted it not to match. */
  readonly matcher: string;
  /** What the request has there, as a sentence's end: `the host is "shop.example"`. */
  readonly found: string;
}

export interface MatcherVerdict {
  readonly matches: boolean;
  /** The matchers that made it so: of an `and` that fails the first, of an `or` that fails all. */
  readonly because: readonly Decided[];
  /** Parts of the outermost `and` that match: the more, the nearer a miss. */
  readonly matchingParts: number;
}

/** Always agrees with `compileMatcher`. */
export function explainMatcher(matcher: Matcher, request: RequestHead): MatcherVerdict {
  const { matches, because } = decide(matcher, request, false);
  const parts = matcher.kind === 'and' ? matcher.of : [matcher];
  const matching = matches
    ? parts.length
    : parts.filter((part) => decide(part, request, false).matches).length;
  return { matches, because, matchingParts: matching };
}

interface Decision {
  readonly matches: boolean;
  readonly because: readonly Decided[];
}

/** `negated`: an odd number of `!` stands before it, so that it is told as `!…`. */
function decide(matcher: Matcher, request: RequestHead, negated: boolean): Decision {
  switch (matcher.kind) {
    case 'not': {
      const { matches, because } = decide(matcher.of, request, !negated);
      return { matches: !matches, because };
    }
    case 'and':
    case 'or': {
      // One part of this value decides; without one, all of them do.
      const deciding = matcher.kind === 'or';
      const all: Decided[] = [];
      for (const part of matcher.of) {
        const decision = decide(part, request, negated);
        if (decision.matches === deciding) return decision;
        all.push(...decision.because);
      }
      return { matches: !deciding, because: all };
    }
    default: {
      const text = printRule(matcher);
      const decided = { matcher: negated ? `!${text}` : text, found: foundBy(matcher, request) };
      return { matches: compileMatcher(matcher)(request), because: [decided] };
    }
  }
}

/** Longest value that is told. */
const longest = 200;

type Leaf = Exclude<Matcher, { readonly of: unknown }>;

function foundBy(matcher: Leaf, request: RequestHead): string {
  const { kind } = matcher;
  if (kind.startsWith('host'))
    return request.host === '' ? 'there is no host' : `the host is ${shown(request.host)}`;
  if (kind.startsWith('path')) return `the path is ${shown(request.path)}`;
  if (kind.startsWith('header'))
    return headerFound(request.headers, (matcher as { readonly name: string }).name);
  if (kind.startsWith('query')) {
    return request.query === undefined ? 'there is no query' : `the query is ${shown(request.query)}`;
  }
  if (kind === 'method') return `the method is ${shown(request.method)}`;
  return `the client is ${request.clientAddress}`;
}

function headerFound(headers: Headers, name: string): string {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] === name)
      values.push(shown(Buffer.from(headers[i + 1] as string, 'latin1').toString('utf8')));
  }
  return values.length === 0 ? 'the request has none' : `the request has ${values.join(' and ')}`;
}

function shown(text: string): string {
  return `\`${text.length > longest ? `${text.slice(0, longest)}…` : text}\``;
}
