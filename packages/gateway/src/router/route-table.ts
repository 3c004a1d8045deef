/** Finds the router of a request among thousands: by host first, then by priority. */
import type { RequestHead } from '../http/message.ts';
import type { Matcher } from '../model/model.ts';
import { compileMatcher, type RequestTest } from '../rules/compile.ts';
import { assumeHost, requiredHosts } from './known-host.ts';

/** What the table needs to know of a router; it hands back the object it was given. */
export interface Routable {
  readonly matcher: Matcher;
  readonly priority: number;
  /** Takes only requests that came over TLS; false: only cleartext ones. */
  readonly tls: boolean;
}

export interface RouteTable<T> {
  /** The router of highest priority that takes `request`; of equal ones the first given. */
  match(request: RequestHead): T | undefined;
}

/**
 * Builds the table. `anyTransport` ignores `tls`: routers behind an uplink are reached over mTLS whatever they say.
 */
export function buildRouteTable<T extends Routable>(
  routers: readonly T[],
  options: { readonly anyTransport?: boolean } = {},
): RouteTable<T> {
  if (options.anyTransport === true) return new HostTable(routers);
  const secure = new HostTable(routers.filter((router) => router.tls));
  const clear = new HostTable(routers.filter((router) => !router.tls));
  return { match: (request) => (request.secure ? secure : clear).match(request) };
}

interface Entry<T> {
  readonly router: T;
  /** Place in the order of all routers; the smaller wins. */
  readonly rank: number;
  /** What is left to test; undefined when the host said it all. */
  readonly test: RequestTest | undefined;
}

/** Routers that name their hosts stand in the bucket of each; all others are merged in by rank while matching. */
class HostTable<T extends Routable> implements RouteTable<T> {
  readonly #byHost = new Map<string, Entry<T>[]>();
  readonly #general: Entry<T>[] = [];

  constructor(routers: readonly T[]) {
    const ordered = [...routers].sort((a, b) => b.priority - a.priority);
    ordered.forEach((router, rank) => {
      const hosts = requiredHosts(router.matcher);
      if (hosts === undefined) this.#general.push({ router, rank, test: compileMatcher(router.matcher) });
      else for (const host of hosts) this.#addFor(host, router, rank);
    });
  }

  match(request: RequestHead): T | undefined {
    const own = this.#byHost.size === 0 ? undefined : this.#byHost.get(request.host);
    const general = this.#general;
    let g = 0;
    if (own !== undefined) {
      for (let i = 0; i < own.length; i++) {
        const entry = own[i] as Entry<T>;
        for (; g < general.length && (general[g] as Entry<T>).rank < entry.rank; g++) {
          if (takes(general[g] as Entry<T>, request)) return (general[g] as Entry<T>).router;
        }
        if (takes(entry, request)) return entry.router;
      }
    }
    for (; g < general.length; g++) {
      if (takes(general[g] as Entry<T>, request)) return (general[g] as Entry<T>).router;
    }
    return undefined;
  }

  #addFor(host: string, router: T, rank: number): void {
    const rest = assumeHost(router.matcher, host);
    if (rest === false) return;
    const entry: Entry<T> = { router, rank, test: rest === true ? undefined : compileMatcher(rest) };
    const bucket = this.#byHost.get(host);
    if (bucket === undefined) this.#byHost.set(host, [entry]);
    else bucket.push(entry);
  }
}

function takes<T>(entry: Entry<T>, request: RequestHead): boolean {
  return entry.test === undefined || entry.test(request);
}
