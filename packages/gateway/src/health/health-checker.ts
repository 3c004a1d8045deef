/** Active health checks of every endpoint whose service asks for them, run by the main process, verdicts told to it. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Model, QName } from '../model/model.ts';
import { Deadlines } from '../net/deadlines.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { Registry } from '../service/registry.ts';
import { EndpointCheck } from './endpoint-check.ts';
import { probePlan } from './probe-plan.ts';

export interface Verdict {
  readonly service: QName;
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly up: boolean;
  readonly reason: string;
}

export class HealthChecker {
  readonly #clock: Clock;
  readonly #log: DataPlaneLog;
  readonly #deadlines: Deadlines;
  readonly #registry: Registry;
  readonly #listeners: ((verdict: Verdict) => void)[] = [];
  /** By the JSON of (service, address): a check goes on through reloads, its verdict with it. */
  #checks = new Map<string, EndpointCheck>();
  #totals = new Map<string, number>();

  constructor(options: { readonly clock: Clock; readonly log: DataPlaneLog }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#deadlines = new Deadlines(options.clock);
    this.#registry = new Registry(this.#deadlines);
  }

  onVerdict(listener: (verdict: Verdict) => void): void {
    this.#listeners.push(listener);
  }

  /** Starts checks that are new in `model`, goes on with those that stay, ends the rest. */
  update(model: Model): void {
    const next = new Map<string, EndpointCheck>();
    this.#totals = new Map();
    this.#registry.begin();
    // The pools' probes are written for HTTP/1.1; those for HTTP/2 have connections of their own.
    const models = model.transports.map((transport) => ({ ...transport, disableHTTP2: true }));
    const transports = models.map((transport) => this.#registry.transport(transport));
    for (const service of model.services) {
      if (service.kind !== 'loadBalancer') continue;
      this.#totals.set(JSON.stringify(service.name), service.endpoints.length);
      const check = service.healthCheck;
      if (check === undefined) continue;
      for (const endpoint of service.endpoints) {
        const key = JSON.stringify([service.name, endpoint.host, endpoint.port]);
        const transport = transports[service.transport]!;
        const plan = probePlan(service, check, endpoint, transport, (address) =>
          this.#registry.pool(transport, address),
        );
        const running = this.#checks.get(key);
        const one =
          running ??
          new EndpointCheck(this.#clock, (up, reason) => this.#tell(service.name, endpoint, up, reason));
        one.configure(plan);
        next.set(key, one);
      }
    }
    for (const [key, check] of this.#checks) if (!next.has(key)) check.stop();
    this.#registry.commit(models);
    this.#checks = next;
  }

  /** Endpoints of `service` not known to be down, and all of them. */
  state(service: QName): { healthy: number; total: number } {
    const total = this.#totals.get(JSON.stringify(service)) ?? 0;
    let down = 0;
    for (const [key, check] of this.#checks) {
      const [name] = JSON.parse(key) as [QName];
      if (name[0] === service[0] && name[1] === service[1] && check.up === false) down++;
    }
    return { healthy: total - down, total };
  }

  close(): void {
    for (const check of this.#checks.values()) check.stop();
    this.#checks.clear();
    for (const pool of this.#registry.pools()) pool.retire();
    this.#deadlines.close();
  }

  #tell(
    service: QName,
    endpoint: { readonly host: string; readonly port: number },
    up: boolean,
    reason: string,
  ): void {
    this.#log(up ? 'info' : 'warn', up ? 'endpoint is up' : 'endpoint is down', {
      service: service[0],
      host: endpoint.host,
      port: endpoint.port,
      reason,
    });
    for (const listener of this.#listeners)
      listener({ service, endpoint: { host: endpoint.host, port: endpoint.port }, up, reason });
  }
}
