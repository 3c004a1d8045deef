/** A router that serves: its middlewares, and where what has passed them goes. */
import type { Exchange } from '../http/exchange.ts';
import type { Middleware } from '../middleware/middleware.ts';
import { type Destination, Passage, retryOf } from '../middleware/passage.ts';
import type { QName, RouterModel } from '../model/model.ts';
import { buildRouteTable, type Routable, type RouteTable } from '../router/route-table.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../service/retry-policy.ts';
import type { Service } from '../service/service.ts';

/** Who carries out what routes decide. */
export interface Dispatch {
  /** Sends the request to `service`. */
  forward(exchange: Exchange, service: Service, policy: RetryPolicy): void;
  /** Another layer of routers decides, on the request as it is now. */
  descend(exchange: Exchange, table: RouteTable<Route>): void;
}

export class Route implements Destination, Routable {
  readonly model: RouterModel;
  /** Of a router with children it serves nothing. */
  readonly service: Service;
  readonly steps: readonly Middleware[];
  readonly #dispatch: Dispatch;
  /** Of its middlewares, else of the router above. */
  readonly #retry: RetryPolicy | undefined;
  /** Itself below routers with policies of their own. */
  #heirs: Map<RetryPolicy, Route> | undefined;
  /** Another layer of routers; set by `layer`. */
  children: RouteTable<Route> | undefined;

  constructor(
    model: RouterModel,
    service: Service,
    steps: readonly Middleware[],
    dispatch: Dispatch,
    inherited?: RetryPolicy,
  ) {
    this.model = model;
    this.service = service;
    this.steps = steps;
    this.#dispatch = dispatch;
    this.#retry = retryOf(steps) ?? inherited;
  }

  /** Links the routers of the layers below, among `routes` of the whole model. They make no circles. */
  layer(routes: readonly Route[]): void {
    const { children } = this.model;
    if (children === undefined || this.children !== undefined) return;
    const below = children.map((index) => (routes[index] as Route).#below(this.#retry));
    for (const child of below) child.layer(routes);
    this.children = buildRouteTable(below, { anyTransport: true });
  }

  #below(policy: RetryPolicy | undefined): Route {
    if (policy === undefined || this.#retry !== undefined) return this;
    this.#heirs ??= new Map();
    const heir =
      this.#heirs.get(policy) ?? new Route(this.model, this.service, this.steps, this.#dispatch, policy);
    this.#heirs.set(policy, heir);
    return heir;
  }

  /** Other routers decide in its place, or it stands below some that have a say in it. */
  get layered(): boolean {
    return this.model.children !== undefined || this.#heirs !== undefined;
  }

  get name(): QName {
    return this.model.name;
  }

  get matcher(): RouterModel['matcher'] {
    return this.model.matcher;
  }

  get priority(): number {
    return this.model.priority;
  }

  get tls(): boolean {
    return this.model.tls;
  }

  /** A request that it matches. */
  take(exchange: Exchange): void {
    if (exchange.trace !== undefined) exchange.trace.route = this;
    if (this.steps.length === 0) this.serve(exchange);
    else new Passage(this.steps, exchange, this).run();
  }

  serve(exchange: Exchange): void {
    if (this.children === undefined)
      this.#dispatch.forward(exchange, this.service, this.#retry ?? defaultRetryPolicy);
    else this.#dispatch.descend(exchange, this.children);
  }

  serveBy(exchange: Exchange, service: Service): void {
    this.#dispatch.forward(exchange, service, this.#retry ?? defaultRetryPolicy);
  }
}
