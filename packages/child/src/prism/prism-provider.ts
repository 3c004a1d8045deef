/** The Prism Central provider: looks every few seconds, and tells what has changed. */
import { join } from 'node:path';
import type { Clock } from '@ficus/common/clock.ts';
import type { Log } from '@ficus/common/log.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import type { ProviderListener, WorkloadProvider } from '../workloads/provider.ts';
import { watchFile } from '../workloads/watch-file.ts';
import { isLoopback } from './addresses.ts';
import type { PrismApi } from './api/api.ts';
import { PrismV3 } from './api/api-v3.ts';
import { PrismV4 } from './api/api-v4.ts';
import { PrismClient } from './api/client.ts';
import { PrismError } from './api/error.ts';
import { Login } from './api/login.ts';
import { BaseSource } from './base-source.ts';
import { Conditions } from './conditions.ts';
import type { PrismConfig } from './config.ts';
import { Fleet } from './fleet.ts';
import { Kept } from './kept.ts';
import { type LookAround, lookAround, noteWhatLacks } from './look.ts';
import { Networks } from './networks.ts';
import { errorOf, Report } from './report.ts';
import { pauseOf } from './schedule.ts';
import { Services } from './services.ts';
import { holdYoungGeneration, releaseYoungGeneration } from './young-generation.ts';

export interface PrismProviderOptions {
  readonly config: PrismConfig;
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A provider of what `config` says; nothing happens before `start`. */
export function prismProvider(options: PrismProviderOptions): WorkloadProvider {
  return new PrismProvider(options);
}

const dayMs = 86_400_000;
/** How long a start waits for the first look. */
const firstLookMs = 3000;
/** What was found is served by then. */
const settledMs = 1000;

function keptBase(stateDirectory: string): string {
  return join(stateDirectory, 'providers', 'nutanixprismcentral-base.yaml');
}

class PrismProvider implements WorkloadProvider {
  readonly provider = 'nutanixprismcentral';
  readonly awaited = 'no VM in Prism Central is tagged for';
  readonly #config: PrismConfig;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #client: PrismClient;
  readonly #api: PrismApi;
  readonly #networks: Networks;
  readonly #login: Login;
  readonly #kept: Kept;
  readonly #base: BaseSource;
  readonly #fleet = new Fleet();
  readonly #services = new Services();
  readonly #stop = new AbortController();
  #listener: ProviderListener | undefined;
  #report: Report | undefined;
  #look: LookAround | undefined;
  /** Conditions of the last look; those of its services are found anew whenever they are built. */
  #ofLook = new Conditions();
  #found: DynamicConfig | undefined;
  #lastGoodAt: number | undefined;
  #failures = 0;
  #error: { readonly error: unknown; readonly since: number } | undefined;
  /** The most VMs that this key has seen in a day, and when. */
  #mostSeen = { vms: 0, at: 0 };
  #polling = false;
  #cancelPoll = (): void => {};
  #cancelFence = (): void => {};
  #cancelRelease = (): void => {};
  #stopWatch = (): void => {};

  constructor({ config, stateDirectory, clock, log }: PrismProviderOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log.child({ provider: 'nutanixPrismCentral' });
    this.#login = new Login(config.login);
    this.#client = new PrismClient(config, this.#login, clock);
    this.#api =
      config.apiVersion === 'v3' ? new PrismV3(this.#client) : new PrismV4(this.#client, config.apiVersion);
    this.#networks = new Networks(config, this.#api, clock);
    this.#kept = new Kept(stateDirectory, config, this.#log);
    this.#base = new BaseSource(config.filename, keptBase(stateDirectory), clock, () => this.#tell());
  }

  async start(listener: ProviderListener): Promise<void> {
    this.#listener = listener;
    holdYoungGeneration();
    this.#report = new Report(this.#log, (state) => listener.state(state));
    if (this.#config.tls.insecureSkipVerify)
      this.#log.warn('tls.insecureSkipVerify: whoever is in between reads the key of Prism Central');
    const [kept] = await Promise.all([this.#kept.read(), this.#base.start()]);
    if (this.#stop.signal.aborted) return;
    if (kept !== undefined) {
      this.#fleet.restore(kept.machines);
      this.#lastGoodAt = kept.lastGoodAt;
    }
    if (this.#login.file !== undefined) {
      // A key that was just renewed need not wait for the pause after failures to end.
      this.#stopWatch = watchFile(this.#login.file, this.#clock, () => {
        if (this.#error !== undefined) this.#pollSoon(0);
      });
    }
    if (kept === undefined) {
      this.#tell();
      // Others are not kept waiting for a Prism Central that does not answer.
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#clock.after(firstLookMs, resolve);
      // Between two requests nothing else may keep a starting process alive: nothing is served yet.
      const alive = setInterval(() => {}, firstLookMs);
      await Promise.race([this.#poll(), promise]);
      clearInterval(alive);
      cancel();
      return;
    }
    this.#tell();
    this.#pollSoon(0);
  }

  close(): void {
    this.#stop.abort(new PrismError('prism.closed', 'the child stops'));
    this.#cancelPoll();
    this.#cancelFence();
    this.#cancelRelease();
    releaseYoungGeneration();
    this.#stopWatch();
    this.#base.close();
    this.#client.reconnect();
    this.#listener = undefined;
  }

  #pollSoon(ms: number): void {
    this.#cancelPoll();
    this.#cancelPoll = this.#clock.after(ms, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    if (this.#polling || this.#stop.signal.aborted) return;
    this.#polling = true;
    this.#cancelPoll();
    this.#cancelRelease();
    holdYoungGeneration();
    let retryAfterMs: number | undefined;
    const began = this.#clock.monotonic();
    try {
      const look = await this.#lookInTime();
      if (this.#stop.signal.aborted) return;
      this.#took(look);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#failed(error);
      if (error instanceof PrismError) retryAfterMs = error.retryAfterMs;
    } finally {
      this.#polling = false;
    }
    try {
      this.#tell();
    } catch (err) {
      // Whatever it is, the next look must come.
      this.#log.error({ err }, 'what Prism Central said can’t be served: what runs goes on');
    }
    this.#cancelRelease = this.#clock.after(settledMs, releaseYoungGeneration);
    const { pollInterval } = this.#config;
    const tookMs = this.#clock.monotonic() - began;
    const chance = Math.random();
    this.#pollSoon(pauseOf({ pollInterval, failures: this.#failures, tookMs, retryAfterMs, chance }));
    // Last: a disk that hangs keeps no VM from its requests, and no look from coming.
    if (this.#error === undefined && this.#lastGoodAt !== undefined)
      await this.#kept.write(this.#fleet.machines(), this.#lastGoodAt);
  }

  /** One look, cut off when it takes far too long as a whole. */
  async #lookInTime(): Promise<LookAround> {
    const limitMs = Math.max(60_000, 2 * this.#config.pollInterval);
    const late = new AbortController();
    const cancel = this.#clock.after(limitMs, () => {
      const message = `one look takes more than ${limitMs / 1000} s`;
      const remedy = 'look at Prism Central; a longer pollInterval allows for more';
      late.abort(new PrismError('prism.timeout', message, { remedy }));
    });
    const signal = AbortSignal.any([this.#stop.signal, late.signal]);
    try {
      return await lookAround(this.#api, this.#networks, this.#config, (id) => this.#fleet.has(id), signal);
    } finally {
      cancel();
      // One list that failed ends the look: the others must not go on behind it.
      late.abort(new PrismError('prism.over', 'this look is over'));
    }
  }

  #took(look: LookAround): void {
    const first = this.#look === undefined;
    const conditions = new Conditions();
    const now = this.#clock.monotonic();
    if (look.seen >= this.#mostSeen.vms || now - this.#mostSeen.at > dayMs)
      this.#mostSeen = { vms: look.seen, at: now };
    noteWhatLacks(look, this.#mostSeen.vms, this.#networks, this.#config, conditions);
    const { ipVersion: prefer, drainTimeout } = this.#config;
    const loopback = isLoopback(new URL(this.#config.endpoint).hostname);
    const rules = { prefer, allows: this.#networks.allows, loopback, drainTimeout };
    this.#fleet.take(look, rules, now, conditions);
    this.#look = look;
    this.#ofLook = conditions;
    this.#failures = 0;
    this.#error = undefined;
    this.#lastGoodAt = this.#clock.now();
    if (first) {
      const { seen } = look;
      const machines = this.#fleet.machines().length;
      this.#log.info({ api: this.#api.version(), seen, machines }, 'Prism Central has answered');
    }
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#error = { error, since: this.#error?.since ?? this.#clock.now() };
    // What was wrong with the connection, or with the files it was made with, may be right the next time.
    this.#client.reconnect();
  }

  /** Builds what is to be served from what is known now, and tells what has changed. */
  #tell(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    const conditions = this.#ofLook.copy();
    const machines = this.#fleet.machines();
    const { base, problem } = this.#base;
    if (problem !== undefined) {
      const what =
        base === undefined
          ? 'nothing of Prism Central is served until it is right'
          : 'the last good one counts';
      conditions.add('prism.base-file', this.#config.filename ?? '', `${problem}; ${what}`);
    }
    const known = this.#look !== undefined || this.#lastGoodAt !== undefined;
    if (base !== undefined && known) {
      const now = this.#clock.monotonic();
      const fenced = this.#fleet.fenced(now);
      const config = this.#services.build({ machines, fenced, base, port: this.#config.port }, conditions);
      if (config !== this.#found) {
        this.#found = config;
        listener.found(config);
      }
      this.#cancelFence();
      // Not `Math.min(...)`: there may be more of them than a call takes arguments.
      const next = fenced.reduce((first, { until }) => Math.min(first, until), Number.POSITIVE_INFINITY);
      if (fenced.length > 0) this.#cancelFence = this.#clock.after(next - now + 1, () => this.#tell());
    }
    // What others say of its services is no mistake, even before the first answer.
    if (this.#found === undefined) {
      this.#found = {};
      listener.found(this.#found);
    }
    const failure = this.#error;
    this.#report?.state({
      name: 'nutanixPrismCentral',
      endpoint: this.#config.endpoint,
      state: failure !== undefined ? 'failing' : this.#look === undefined ? 'starting' : 'ok',
      ...(failure === undefined || this.#lastGoodAt === undefined ? {} : { lastGoodAt: this.#lastGoodAt }),
      ...(failure === undefined ? {} : { error: errorOf(failure.error, failure.since) }),
      services: this.#services.served,
      machines: machines.length,
      ...(this.#look === undefined ? {} : { seen: this.#look.seen }),
      conditions: conditions.list(),
    });
  }
}
