/** Finds the router of a request among thousands: by host, then by path, then by priority. */
import type { RequestHead } from '../http/message.ts';
import type { Matcher } from '../model/model.ts';
import { HostIndex } from './host-index.ts';

/** What the table needs to know of a router; it hands back the object it was given. */
export interface Routable {
  /** Keep the object while the rule is the same: what was worked out for it is kept with it from table to table. */
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
 * Builds the table. `anyTransport` ignores `tls`: for routers behind an uplink, which are reached over mTLS whatever they
 * say, and for the children of a router. `before`: a table of which most is the same; what is goes on.
 */
export function buildRouteTable<T extends Routable>(
  routers: readonly T[],
  options: { readonly anyTransport?: boolean; readonly before?: RouteTable<T> | undefined } = {},
): RouteTable<T> {
  const { before } = options;
  if (options.anyTransport === true)
    return new HostIndex(routers, before instanceof HostIndex ? before : undefined);
  return new ByTransport(routers, before instanceof ByTransport ? before : undefined);
}

/** Those over TLS and the others apart. */
class ByTransport<T extends Routable> implements RouteTable<T> {
  readonly #secure: HostIndex<T>;
  readonly #clear: HostIndex<T>;

  constructor(routers: readonly T[], before: ByTransport<T> | undefined) {
    this.#secure = new HostIndex(
      routers.filter((router) => router.tls),
      before === undefined ? undefined : before.#secure,
    );
    this.#clear = new HostIndex(
      routers.filter((router) => !router.tls),
      before === undefined ? undefined : before.#clear,
    );
  }

  match(request: RequestHead): T | undefined {
    return (request.secure ? this.#secure : this.#clear).match(request);
  }
}
