/** A router that serves: its middlewares, and where what has passed them goes. */
import type { Exchange } from '../http/exchange.ts';
import type { Middleware } from '../middleware/middleware.ts';
import { type Destination, Passage } from '../middleware/passage.ts';
import type { QName, RouterModel } from '../model/model.ts';
import type { Routable, RouteTable } from '../router/route-table.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../service/retry-policy.ts';
import type { Service } from '../service/service.ts';

/** Who carries out what routes decide. */
export interface Dispatch {
  /** Sends the request to `service`. */
  dispatch(exchange: Exchange, service: Service, policy: RetryPolicy): void;
  /** Another layer of routers decides, on the request as it is now. */
  descend(exchange: Exchange, table: RouteTable<Route>): void;
}

export class Route implements Destination, Routable {
  readonly model: RouterModel;
  /** Of a router with children it serves nothing. */
  readonly service: Service;
  readonly steps: readonly Middleware[];
  readonly #dispatch: Dispatch;
  readonly #policy: RetryPolicy;
  /** Another layer of routers; set once all routes are there. */
  children: RouteTable<Route> | undefined;

  constructor(model: RouterModel, service: Service, steps: readonly Middleware[], dispatch: Dispatch) {
    this.model = model;
    this.service = service;
    this.steps = steps;
    this.#dispatch = dispatch;
    this.#policy = steps.findLast((step) => step.retry !== undefined)?.retry ?? defaultRetryPolicy;
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
    if (this.children === undefined) this.#dispatch.dispatch(exchange, this.service, this.#policy);
    else this.#dispatch.descend(exchange, this.children);
  }

  serveBy(exchange: Exchange, service: Service): void {
    this.#dispatch.dispatch(exchange, service, this.#policy);
  }
}
