/** A provider against the simulated Prism Central, and what it has told. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completePrism, type PrismFile } from '@ficus/child/prism/config.ts';
import { prismProvider } from '@ficus/child/prism/prism-provider.ts';
import type { WorkloadProvider } from '@ficus/child/workloads/provider.ts';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';
import type { ProviderState } from '@ficus/common/uplink/provider-state.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';

/** Time that passes when a test says so; the wall clock runs with it. */
export class TestClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly fn: () => void }>();

  now(): number {
    return 1_700_000_000_000 + this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
  /** Whether anything waits for longer than `ms` from now, as a next poll does. */
  waits(ms: number): boolean {
    return [...this.#timers].some(({ at }) => at - this.#now > ms);
  }
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
    }
    this.#now = end;
  }
}

export interface Watched extends AsyncDisposable {
  readonly provider: WorkloadProvider;
  readonly directory: string;
  /** Everything that was told, oldest first. */
  readonly found: DynamicConfig[];
  readonly states: ProviderState[];
  readonly logged: readonly { msg: string; level: string; condition?: string; code?: string }[];
  /** URLs of a service as it is now. */
  urls(service: string): readonly string[];
  /** `code subject` of each condition as it is now. */
  conditions(): readonly string[];
  state(): ProviderState | undefined;
  /** Resolves when `condition` holds; rejects after five seconds. */
  until(what: string, condition: () => boolean): Promise<void>;
}

export type Options = Partial<PrismFile> & { readonly endpoint: string };

/** Starts one; resolves as its `start` does. `directory`: of an earlier one, whose state it then has. */
export async function watchProvider(
  options: Options,
  { clock = systemClock, directory }: { readonly clock?: Clock; readonly directory?: string } = {},
): Promise<Watched> {
  const own = directory ?? (await mkdtemp(join(tmpdir(), 'ficus-prism-')));
  const logged: { msg: string; level: string }[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(JSON.parse(line)) } });
  const found: DynamicConfig[] = [];
  const states: ProviderState[] = [];
  const provider = prismProvider({ config: completePrism(options, own), stateDirectory: own, clock, log });
  // The provider's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  await provider.start({
    found: (config) => void found.push(config),
    state: (state) => void states.push(state),
  });
  const watched: Watched = {
    ...{ provider, directory: own, found, states, logged },
    urls: (service) => {
      const { servers = [] } = found.at(-1)?.http?.services?.[service]?.loadBalancer ?? {};
      return servers.map(({ url, fenced }) => (fenced === true ? `${url} fenced` : url));
    },
    conditions: () => states.at(-1)?.conditions.map(({ code, subject }) => `${code} ${subject}`) ?? [],
    state: () => states.at(-1),
    async until(what, condition) {
      const deadline = performance.now() + 5000;
      while (!condition()) {
        if (performance.now() > deadline) {
          throw new Error(`${what}: ${JSON.stringify(states.at(-1))} ${JSON.stringify(found.at(-1))}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async [Symbol.asyncDispose]() {
      provider.close();
      clearInterval(alive);
      if (directory === undefined) await rm(own, { recursive: true, maxRetries: 3 });
    },
  };
  return watched;
}
