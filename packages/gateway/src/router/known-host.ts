/** What a matcher says about hosts: which it needs, and what is left of it once the host is known. */
import type { Matcher } from '../model/model.ts';
import { hostMatches } from '../rules/compile.ts';
import { literalEnds } from '../rules/go-regexp-ends.ts';

/**
 * Hosts outside of which `matcher` never matches: exact ones, and `.example.com` for all that end so; undefined when it
 * may match any host.
 */
export function requiredHosts(matcher: Matcher): ReadonlySet<string> | undefined {
  switch (matcher.kind) {
    case 'host':
      if (!matcher.host.startsWith('*')) return new Set([matcher.host]);
      return matcher.host === '*' ? undefined : new Set([matcher.host.slice(1)]);
    case 'hostRegexp': {
      const { suffix } = literalEnds(matcher.regexp);
      const dot = suffix.indexOf('.');
      return dot < 0 ? undefined : new Set([suffix.slice(dot)]);
    }
    case 'and': {
      let hosts: ReadonlySet<string> | undefined;
      for (const part of matcher.of) {
        const own = requiredHosts(part);
        if (own !== undefined) hosts = hosts === undefined ? own : both(hosts, own);
      }
      return hosts;
    }
    case 'or': {
      const hosts = new Set<string>();
      for (const part of matcher.of) {
        const own = requiredHosts(part);
        if (own === undefined) return undefined;
        for (const host of own) hosts.add(host);
      }
      return hosts;
    }
    default:
      return undefined;
  }
}

/** Hosts that are in both, or, where suffixes make that hard to say, one of the two: the one that says more. */
function both(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  const vague = (hosts: ReadonlySet<string>): boolean => [...hosts].some((host) => host.startsWith('.'));
  if (vague(a) && vague(b)) return a.size <= b.size ? a : b;
  if (vague(a) || vague(b)) return vague(a) ? b : a;
  return new Set([...a].filter((host) => b.has(host)));
}

/** `matcher` for requests whose host is `host`: true, false, or the part that still has to be tested. */
export function assumeHost(matcher: Matcher, host: string): Matcher | boolean {
  return assume(matcher, (leaf) => (leaf.kind === 'host' ? hostMatches(leaf.host, host) : leaf));
}

/** A matcher without parts. */
export type Leaf = Exclude<Matcher, { readonly of: unknown }>;

/** `matcher` with what `decide` knows of its leaves worked in. */
export function assume(matcher: Matcher, decide: (leaf: Leaf) => Matcher | boolean): Matcher | boolean {
  switch (matcher.kind) {
    case 'not': {
      const inner = assume(matcher.of, decide);
      if (typeof inner === 'boolean') return !inner;
      return inner === matcher.of ? matcher : { kind: 'not', of: inner };
    }
    case 'and':
    case 'or': {
      // One such part decides; parts of the other value drop out.
      const deciding = matcher.kind === 'or';
      const of: Matcher[] = [];
      for (const part of matcher.of) {
        const rest = assume(part, decide);
        if (rest === deciding) return deciding;
        if (typeof rest !== 'boolean') of.push(rest);
      }
      if (of.length === 0) return !deciding;
      return of.length === 1 ? (of[0] as Matcher) : { kind: matcher.kind, of };
    }
    default:
      return decide(matcher);
  }
}
