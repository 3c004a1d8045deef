/** What a matcher says about hosts: which it needs, and what is left of it once the host is known. */
import type { Matcher } from '../model/model.ts';
import { hostMatches } from '../rules/compile.ts';

/** The exact hosts outside of which `matcher` never matches; undefined when it may match any host. */
export function requiredHosts(matcher: Matcher): ReadonlySet<string> | undefined {
  switch (matcher.kind) {
    case 'host':
      return matcher.host.startsWith('*') ? undefined : new Set([matcher.host]);
    case 'and': {
      let hosts: ReadonlySet<string> | undefined;
      for (const part of matcher.of) {
        const own = requiredHosts(part);
        if (own === undefined) continue;
        const before: ReadonlySet<string> | undefined = hosts;
        hosts = before === undefined ? own : new Set([...own].filter((host) => before.has(host)));
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

/** `matcher` for requests whose host is `host`: true, false, or the part that still has to be tested. */
export function assumeHost(matcher: Matcher, host: string): Matcher | boolean {
  switch (matcher.kind) {
    case 'host':
      return hostMatches(matcher.host, host);
    case 'not': {
      const inner = assumeHost(matcher.of, host);
      return typeof inner === 'boolean' ? !inner : { kind: 'not', of: inner };
    }
    case 'and':
    case 'or': {
      // One such part decides; parts of the other value drop out.
      const deciding = matcher.kind === 'or';
      const of: Matcher[] = [];
      for (const part of matcher.of) {
        const rest = assumeHost(part, host);
        if (rest === deciding) return deciding;
        if (typeof rest !== 'boolean') of.push(rest);
      }
      if (of.length === 0) return !deciding;
      return of.length === 1 ? (of[0] as Matcher) : { kind: matcher.kind, of };
    }
    default:
      return matcher;
  }
}
