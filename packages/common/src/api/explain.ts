/** Shapes of `GET /v1/routes` and `POST /v1/explain`: what matches what, and which way one request would take. */

/** As Traefik's API says it: `warning` serves, but not all that was written. */
export type ObjectStatus = 'enabled' | 'disabled' | 'warning';

/** Answer of `GET /v1/routes?entryPoint=`. */
export interface RouteList {
  readonly entryPoints: readonly RouteTableInfo[];
  /** Of no table; left out when there are none. */
  readonly absent?: readonly AbsentRouter[];
}

/** A router that no request can reach: its rule cannot be read, say. */
export interface AbsentRouter {
  /** `name@provider`. */
  readonly name: string;
  readonly error: readonly string[];
}

/** The routers of one entrypoint, or of one uplink on an uplink entrypoint, in the order in which they are tried. */
export interface RouteTableInfo {
  readonly entryPoint: string;
  readonly address: string;
  readonly tls: boolean;
  /** Exposed name; absent on ordinary entrypoints. */
  readonly uplink?: string;
  readonly routers: readonly RouteInfo[];
}

export interface RouteInfo {
  /** `name@provider`. */
  readonly name: string;
  readonly priority: number;
  /** As written. */
  readonly rule: string;
  readonly tls: boolean;
  /** `name@provider`, first to last; those of the entrypoint lead. */
  readonly middlewares: readonly string[];
  /** `name@provider`; absent for routers that lead to others. */
  readonly service?: string;
  readonly status: ObjectStatus;
  /** Why it is not `enabled`. */
  readonly error: readonly string[];
  /** Routers that are tried once this one has matched. */
  readonly children: readonly RouteInfo[];
}

/** Body of `POST /v1/explain`: a request as somebody would send it. */
export interface ExplainRequest {
  readonly method: string;
  /** `https://shop.example/api?x=1`. */
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Address of the client. Default: 127.0.0.1. */
  readonly from?: string;
  /** Default: by the URL's port, then by its scheme. */
  readonly entryPoint?: string;
}

/** Answer of `POST /v1/explain`. */
export interface Explanation {
  /** The request as the gateway routes it. */
  readonly request: {
    readonly method: string;
    readonly host: string;
    /** Canonical. */
    readonly path: string;
    readonly query?: string;
    readonly from: string;
    readonly entryPoint: string;
    readonly tls: boolean;
  };
  /**
   * `service`: it reaches one that can take it. `middleware`: one answers in its place. `unavailable`: its router, service or all
   * endpoints cannot serve. `possible`: it hangs on what middlewares set that are not asked whether a router takes it. `no-route`:
   * no router matches. `refused`: not routed at all.
   */
  readonly outcome: 'service' | 'middleware' | 'unavailable' | 'possible' | 'no-route' | 'refused';
  /** Middlewares on its way that may answer in place of all that follows (a login, a limit); left out when there are none. */
  readonly dependsOn?: readonly string[];
  /** Routers that take it if a middleware sets what their rules want, in their order; left out when there are none. */
  readonly possible?: readonly TakenRouter[];
  /** Of the gateway's own answer; absent when an endpoint answers. */
  readonly status?: number;
  /** Error code of the gateway's own answer. */
  readonly code?: string;
  /** One sentence on the outcome. */
  readonly detail?: string;
  /** The router that takes it, and before it those that lead to it. */
  readonly routers: readonly TakenRouter[];
  /** Tried before it and not matching; only the nearest, in the order in which they are tried. */
  readonly passedOver: { readonly count: number; readonly nearest: readonly PassedOver[] };
  /** With lower priority than the one that takes it, and matching too. At most 5. */
  readonly alsoMatching: readonly {
    readonly name: string;
    readonly priority: number;
    readonly rule: string;
  }[];
  readonly middlewares: readonly MiddlewareStep[];
  readonly service?: ServiceStep;
  /** Nobody knows whether they were meant to take it; left out when there are none. */
  readonly absent?: readonly AbsentRouter[];
}

export interface TakenRouter {
  readonly name: string;
  readonly priority: number;
  readonly rule: string;
}

export interface PassedOver {
  readonly name: string;
  readonly priority: number;
  readonly rule: string;
  /** The parts of the rule that decided against it, and what was found instead. */
  readonly because: readonly { readonly matcher: string; readonly found: string }[];
}

export interface MiddlewareStep {
  readonly name: string;
  readonly kind: string;
  /** What it does to this request, in a few words; header values are left out. */
  readonly effect: string;
  /** The status it answers with itself; absent when the request passes. */
  readonly answers?: number;
}

/** A service with what it leads to. */
export interface ServiceStep {
  readonly name: string;
  readonly kind: string;
  /** What it is to the service above: a leg, `mirror`, `fallback` … */
  readonly role?: string;
  /** Part of the requests of the service above, 0 to 1. */
  readonly share?: number;
  readonly weight?: number;
  readonly mode?: string;
  /** Of a draining leg: until when it keeps its sessions, ISO 8601. */
  readonly sessionsUntil?: string;
  /** How a load balancer chooses, when not by weight in turn: `p2c`, `hrw`, `leasttime`. */
  readonly strategy?: string;
  /** `name@provider`, of this service's own; a request meets them in this order. */
  readonly middlewares?: readonly string[];
  /** Before it: while one is `tripped`, the service counts as down. */
  readonly circuitBreakers?: readonly CircuitStep[];
  /** Name of the cookie that keeps a client where it was. */
  readonly sticky?: string;
  /** `unknown`: nothing asks for its health. */
  readonly health: 'up' | 'down' | 'unknown' | 'disabled';
  readonly reason?: string;
  readonly endpoints?: readonly EndpointStep[];
  readonly services?: readonly ServiceStep[];
}

export interface CircuitStep {
  readonly expression: string;
  /** The worst that a worker says; absent when nothing runs. */
  readonly state?: 'standby' | 'tripped' | 'recovering';
}

export interface EndpointStep {
  readonly url: string;
  readonly weight: number;
  readonly share: number;
  /** `ejected`: it takes requests only while nobody else can, for it has failed some. */
  readonly health: 'up' | 'down' | 'ejected' | 'unknown';
  readonly reason?: string;
}
