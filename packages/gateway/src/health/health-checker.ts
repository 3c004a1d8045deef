/** Active health checks of every endpoint whose service asks for them, run by the main process, verdicts told to it. */
import type { Clock } from '@ficus/common/clock.ts';
import type { LoadBalancerModel, Model, QName } from '../model/model.ts';
import { Deadlines } from '../net/deadlines.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { Registry } from '../service/registry.ts';
import type { Transport } from '../service/transport.ts';
import { EndpointCheck } from './endpoint-check.ts';
import { probePlan } from './probe-plan.ts';
import { ProbeTurns } from './probe-turns.ts';

export interface Verdict {
  readonly service: QName;
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly up: boolean;
  readonly reason: string;
}

interface CheckedService {
  readonly total: number;
  /** By the JSON of (host, port): a check goes on through reloads, its verdict with it. */
  readonly checks: Map<string, EndpointCheck>;
}

export class HealthChecker {
  readonly #clock: Clock;
  readonly #log: DataPlaneLog;
  readonly #deadlines: Deadlines;
  readonly #registry: Registry;
  readonly #listeners: ((verdict: Verdict) => void)[] = [];
  readonly #turns: ProbeTurns;
  /** By the JSON of its name. */
  #services = new Map<string, CheckedService>();

  constructor(options: { readonly clock: Clock; readonly log: DataPlaneLog }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#deadlines = new Deadlines(options.clock);
    this.#registry = new Registry(this.#deadlines);
    this.#turns = new ProbeTurns(options.clock);
  }

  onVerdict(listener: (verdict: Verdict) => void): void {
    this.#listeners.push(listener);
  }

  /** Starts checks that are new in `model`, goes on with those that stay, ends the rest. After the data plane has it. */
  update(model: Model): void {
    const before = this.#services;
    this.#services = new Map();
    this.#registry.begin();
    // The pools' probes are written for HTTP/1.1; those for HTTP/2 have connections of their own.
    const models = model.transports.map((transport) => ({ ...transport, disableHTTP2: true }));
    const transports = models.map((transport) => this.#registry.transport(transport));
    for (const service of model.services) {
      if (service.kind !== 'loadBalancer') continue;
      const key = JSON.stringify(service.name);
      const running = before.get(key)?.checks ?? new Map<string, EndpointCheck>();
      const checks = this.#checksOf(service, transports[service.transport]!, running);
      this.#services.set(key, { total: service.endpoints.length, checks });
    }
    for (const { checks } of before.values()) for (const check of checks.values()) check.stop();
    this.#registry.commit(models);
  }

  /** Takes what goes on out of `running`. */
  #checksOf(
    service: LoadBalancerModel,
    transport: Transport,
    running: Map<string, EndpointCheck>,
  ): Map<string, EndpointCheck> {
    const checks = new Map<string, EndpointCheck>();
    for (const endpoint of service.endpoints) {
      const address = JSON.stringify([endpoint.host, endpoint.port]);
      const known = checks.get(address) ?? running.get(address);
      const tell = (up: boolean, reason: string) => this.#tell(service.name, endpoint, up, reason);
      if (service.healthCheck === undefined) {
        // Nobody would ever say so later.
        if (known?.up === false) tell(true, 'it is not checked any more');
        continue;
      }
      const plan = probePlan(service, service.healthCheck, endpoint, transport, (to) =>
        this.#registry.pool(transport, to),
      );
      running.delete(address);
      known?.configure(plan);
      checks.set(address, known ?? new EndpointCheck(this.#clock, this.#turns, plan, tell));
    }
    return checks;
  }

  /** Endpoints of `service` not known to be down, and all of them. */
  state(service: QName): { healthy: number; total: number } {
    const { total, checks } = this.#services.get(JSON.stringify(service)) ?? { total: 0, checks: new Map() };
    let down = 0;
    for (const check of checks.values()) if (!check.up) down++;
    return { healthy: total - down, total };
  }

  close(): void {
    for (const { checks } of this.#services.values()) for (const check of checks.values()) check.stop();
    this.#services.clear();
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
