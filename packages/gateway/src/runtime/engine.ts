/** The data plane of one process: listeners, the generation that serves, and what changes it in place. */
import { hostname } from 'node:os';
import type { Clock } from '@ficus/common/clock.ts';
import type { AccessLog } from '../access-log/access-log.ts';
import { Certificates } from '../entrypoint/certificates.ts';
import { Listener, type ListenerHost } from '../entrypoint/listener.ts';
import type { TlsHosts } from '../entrypoint/tls-hosts.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { ConnectionFacts, Exchange } from '../http/exchange.ts';
import { prepareRequestHeaders } from '../http/forwarded.ts';
import { hasHeader, takeHeader } from '../http/headers.ts';
import type { ServedExchange } from '../http/server-settings.ts';
import type { Limits } from '../limits/limits.ts';
import { LocalLimits } from '../limits/local.ts';
import type { EntryPointModel, Model } from '../model/model.ts';
import { Deadlines } from '../net/deadlines.ts';
import type { RouteTable } from '../router/route-table.ts';
import type { FailureReporter } from '../service/endpoint.ts';
import { MirrorMemory } from '../service/mirror-copy.ts';
import { Registry } from '../service/registry.ts';
import { RetryBudget } from '../service/retry-budget.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../service/retry-policy.ts';
import type { Service } from '../service/service.ts';
import type { ForwardContext } from './attempts.ts';
import { EntryPointCounters, Refusals } from './counters.ts';
import type { DataPlaneLog, EndpointFailure, Patch, PublishedDocument } from './data-plane.ts';
import { Documents } from './documents.ts';
import { Forward } from './forward.ts';
import { type EntryTables, Generation, type GenerationHost } from './generation.ts';
import { applyPatch } from './patch.ts';
import { RateLimited } from './rate-limited.ts';
import type { Route } from './route.ts';

export interface EngineOptions {
  readonly clock: Clock;
  readonly log: DataPlaneLog;
  /** Undefined: no access log. */
  readonly accessLog?: AccessLog | undefined;
  /** Undefined: this process limits alone. */
  readonly limits?: Limits | undefined;
  readonly onEndpointFailure: (failure: EndpointFailure) => void;
}

export class Engine implements GenerationHost, ForwardContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly registry: Registry;
  readonly listeners = new Map<string, Listener>();
  readonly counters = new Map<string, EntryPointCounters>();
  readonly refusals = new Refusals();
  readonly documents: Documents;
  readonly accessLog: AccessLog | undefined;
  readonly log: DataPlaneLog;
  readonly limits: Limits;
  readonly budget = new RetryBudget();
  readonly mirrorMemory = new MirrorMemory();
  /** Each endpoint is given this. */
  readonly report: FailureReporter = (endpoint, code, message) => {
    const { host, port } = endpoint.pool.address;
    if (!this.#failures.pass(JSON.stringify([host, port, code]))) return;
    this.#options.onEndpointFailure({ service: endpoint.service, host, port, code, message });
  };
  generation: Generation | undefined;
  draining = false;
  readonly #options: EngineOptions;
  readonly #failures: RateLimited;
  readonly #server = hostname();
  #certificates = new Certificates({ certificates: [] });
  #cancelSweep: (() => void) | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.accessLog = options.accessLog;
    this.log = options.log;
    this.limits = options.limits ?? new LocalLimits(options.clock, options.log);
    this.deadlines = new Deadlines(options.clock);
    this.registry = new Registry(this.deadlines);
    this.documents = new Documents(options.clock);
    this.#failures = new RateLimited(options.clock);
    this.#sweep();
  }

  /** Builds the generation of `model` and swaps; throws and changes nothing when it can't be built. */
  apply(model: Model): void {
    const next = new Generation(model, this.generation, this);
    // Certificates first: they are the last thing that can still throw, here rather than when a port is opened.
    const certificates = new Certificates(model, this.#certificates);
    this.#certificates = certificates;
    for (const entryPoint of model.entryPoints)
      this.listeners.get(entryPoint.name)?.setTls(entryPoint, certificates);
    next.commit(this.generation);
    this.generation = next;
    for (const entryPoint of model.entryPoints) {
      if (entryPoint.uplink === undefined) continue;
      const { certificate, roots, peers } = entryPoint.uplink;
      this.listeners.get(entryPoint.name)?.setIdentity(certificate, roots, peers);
    }
  }

  /** Serves `entryPoint` on an open listening handle. */
  async listen(entryPoint: EntryPointModel, handle: object): Promise<void> {
    const counters = new EntryPointCounters();
    this.counters.set(entryPoint.name, counters);
    const host = new EntryPointHost(this, entryPoint, counters);
    const listener = new Listener(entryPoint, host, this.#certificates);
    this.listeners.set(entryPoint.name, listener);
    await listener.listen(handle);
  }

  patch(patch: Patch): void {
    applyPatch(this, patch);
  }

  publish(document: PublishedDocument): void {
    this.documents.publish(document);
  }

  route(exchange: Exchange, entryPoint: EntryPointModel): void {
    const tables = this.generation?.entries.get(entryPoint.name);
    if (tables === undefined) {
      exchange.refuse('route.none', 'no configuration yet');
      return;
    }
    const uplink = entryPoint.uplink;
    if (uplink !== undefined) this.#routeUplink(exchange, tables, uplink.header);
    else if (tables.tlsHosts !== undefined && isMisdirected(exchange, tables.tlsHosts))
      exchange.refuse('request.misdirected', 'want a connection with the TLS options of this host');
    else this.#forward(exchange, tables.routes);
  }

  /** The header says which uplink; it never travels further. */
  #routeUplink(exchange: Exchange, tables: EntryTables, header: string): void {
    if (!exchange.facts.peerAllowed) {
      exchange.refuse('uplink.forbidden', exchange.facts.peerUri);
      return;
    }
    const headers = exchange.request.headers;
    const name = takeHeader(headers, header);
    if (name === undefined) {
      if (!this.documents.serve(exchange)) exchange.refuse('uplink.header-missing', `want ${header}`);
      return;
    }
    // A second one would be somebody's trick.
    if (hasHeader(headers, header)) {
      exchange.refuse('uplink.header-missing', `want one ${header}`);
      return;
    }
    const table = tables.uplinks.get(name);
    if (table === undefined) exchange.refuse('uplink.unknown', name.slice(0, 253));
    else this.#forward(exchange, table);
  }

  #forward(exchange: Exchange, routes: EntryTables['routes']): void {
    prepareRequestHeaders(exchange.request, exchange.facts, exchange.upgrade, this.#server);
    this.descend(exchange, routes);
  }

  descend(exchange: Exchange, routes: RouteTable<Route>): void {
    const route = routes.match(exchange.request);
    if (route === undefined) exchange.refuse('route.none', '');
    else route.take(exchange);
  }

  forward(exchange: Exchange, service: Service, policy: RetryPolicy): void {
    const forward = new Forward(exchange, service, policy, this);
    if (exchange.trace !== undefined) this.accessLog?.forwarded(exchange.trace, forward);
    forward.start();
  }

  send(exchange: Exchange, service: Service): void {
    this.forward(exchange, service, defaultRetryPolicy);
  }

  refused(code: GatewayErrorCode, detail: string, facts: ConnectionFacts): void {
    this.refusals.count(code);
    if (!this.#failures.pass(code)) return;
    this.#options.log('info', 'request refused', {
      code,
      detail,
      entryPoint: facts.entryPoint,
      client: facts.peerAddress,
      peer: facts.peerUri,
    });
  }

  handshakeFailed(entryPoint: string, code: string, detail: string): void {
    this.refusals.count(code);
    if (this.#failures.pass(code))
      this.#options.log('warn', 'connection refused', { code, detail, entryPoint });
  }

  stopAccepting(): void {
    for (const listener of this.listeners.values()) listener.stopAccepting();
  }

  /** Asks every client to go elsewhere with its next request. */
  retireConnections(): void {
    for (const listener of this.listeners.values()) listener.retireConnections();
  }

  closeIdle(ms: number): void {
    for (const listener of this.listeners.values()) listener.closeIdle(ms);
  }

  /** Requests that are over, in this process. */
  get served(): number {
    let served = 0;
    for (const counters of this.counters.values()) served += counters.served;
    return served;
  }

  get connections(): number {
    let open = 0;
    for (const listener of this.listeners.values()) open += listener.connections.size;
    return open;
  }

  /** Cuts what is left; returns how many requests that were. */
  close(): number {
    let cut = 0;
    for (const listener of this.listeners.values()) cut += listener.closeAll();
    for (const pool of this.registry.pools()) pool.retire();
    this.deadlines.close();
    this.documents.close();
    this.generation?.kept.close();
    this.#cancelSweep?.();
    return cut;
  }

  /** Certificates that expire on live connections. */
  #sweep(): void {
    this.#cancelSweep = this.clock.after(1000, () => {
      const now = this.clock.now();
      for (const listener of this.listeners.values()) listener.closeExpired(now);
      this.#sweep();
    });
  }
}

/** Whether its TLS connection was made under other terms than its host asks for. */
function isMisdirected({ facts, request }: Exchange, hosts: TlsHosts): boolean {
  return facts.secure && hosts.of(request.host) !== facts.tlsOptions;
}

/** One entrypoint's view of the engine: its own counters, its own tables. */
class EntryPointHost implements ListenerHost {
  readonly deadlines: Deadlines;
  readonly counters: EntryPointCounters;
  readonly accessLog: AccessLog | undefined;
  readonly #engine: Engine;
  readonly #model: EntryPointModel;

  constructor(engine: Engine, model: EntryPointModel, counters: EntryPointCounters) {
    this.#engine = engine;
    this.#model = model;
    this.counters = counters;
    this.deadlines = engine.deadlines;
    this.accessLog = engine.accessLog;
  }

  get draining(): boolean {
    return this.#engine.draining;
  }

  handle(exchange: Exchange): void {
    this.#engine.route(exchange, this.#model);
  }

  finished(exchange: ServedExchange): void {
    // A client that left before its response.
    const status = exchange.status === 0 ? 499 : exchange.status;
    exchange.hook?.finished(exchange.meant ?? status);
    this.counters.count(status);
    if (exchange.trace !== undefined) this.accessLog?.finish(exchange.trace, status);
  }

  refused(code: GatewayErrorCode, detail: string, facts: ConnectionFacts): void {
    this.#engine.refused(code, detail, facts);
  }

  handshakeFailed(entryPoint: string, code: string, detail: string): void {
    this.#engine.handshakeFailed(entryPoint, code, detail);
  }
}
