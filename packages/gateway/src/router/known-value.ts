/** What a matcher says about a field, a query's key or the method: the values outside of which it never matches. */
import type { Matcher } from '../model/model.ts';
import { headerLiteral } from '../rules/compile.ts';

/** One field, key of the query, or the method, and the values of it that are needed. */
export interface RequiredValue {
  readonly kind: 'header' | 'query' | 'method';
  /** `''` for the method. */
  readonly name: string;
  readonly values: readonly string[];
}

/** The most telling one; undefined when any request may match. */
export function requiredValue(matcher: Matcher): RequiredValue | undefined {
  switch (matcher.kind) {
    case 'header':
      return { kind: 'header', name: matcher.name, values: [headerLiteral(matcher.value)] };
    case 'query':
      return { kind: 'query', name: matcher.name, values: [matcher.value] };
    case 'method':
      return { kind: 'method', name: '', values: [matcher.method] };
    case 'and': {
      let best: RequiredValue | undefined;
      for (const part of matcher.of) {
        const own = requiredValue(part);
        if (own !== undefined && (best === undefined || (best.kind === 'method' && own.kind !== 'method')))
          best = own;
      }
      return best;
    }
    case 'or': {
      let all: RequiredValue | undefined;
      for (const part of matcher.of) {
        const own = requiredValue(part);
        if (own === undefined) return undefined;
        if (all !== undefined && (all.kind !== own.kind || all.name !== own.name)) return undefined;
        all = { ...own, values: [...new Set([...(all?.values ?? []), ...own.values])] };
      }
      return all;
    }
    default:
      return undefined;
  }
}
