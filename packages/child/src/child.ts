/** The child's composition root: what runs in a child, in the order it starts. */
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { type Log, lineLog } from '@ficus/common/log.ts';
import { onSignals } from '@ficus/common/signals.ts';
import { version } from '@ficus/common/version.ts';
import { accessLogOptions } from '@ficus/gateway/access-log/options.ts';
import { HealthChecker } from '@ficus/gateway/health/health-checker.ts';
import { startDataPlane } from '@ficus/gateway/runtime/start.ts';
import { watchIdentity } from '@ficus/pki/identity-watch.ts';
import { type LoadedIdentity, loadIdentity } from '@ficus/pki/node-identity.ts';
import { AdvertisementPublisher } from './advertisement/publisher.ts';
import type { ChildConfig, JoinConfig } from './config/child-config.ts';
import { enrolInProcess } from './enrol/enrol-process.ts';
import { RenewalSchedule } from './enrol/renewal-schedule.ts';
import { Serving } from './serving.ts';
import { startError } from './start-error.ts';
import { firstModel } from './state/first-model.ts';
import { identityDirectory } from './state/identity-directory.ts';
import { IdentityInUse } from './state/identity-in-use.ts';
import type { LastGood } from './state/last-good.ts';
import { readChildConfig } from './state/load-config.ts';
import { loadNode, uplinkIdentity, warnIfExpired } from './state/node.ts';
import type { WorkloadProvider } from './workloads/provider.ts';
import { WorkloadSource } from './workloads/workload-source.ts';

export interface ChildOptions {
  /** What is in force until the next start, apart from workloads; see `loadChildConfig`. */
  readonly config: ChildConfig;
  /** Read and watched: its workloads, `http` and `tls` apply while running. */
  readonly configFile: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Stop at SIGTERM and SIGINT and exit, roll the workers at SIGHUP; default true. */
  readonly signals?: boolean;
  /** Renew the certificate this often instead of at half life; default `FICUS_RENEW_EVERY_MS`, for tests. */
  readonly renewEveryMs?: number;
}

/** A child that serves. */
export interface Child {
  readonly name: string;
  /** Bound ports by entrypoint name. */
  readonly ports: ReadonlyMap<string, number>;
  /**
   * Stops gracefully: advertises that it is draining, takes connections a little longer, waits for requests in flight.
   * Resolves with the number of requests that were cut; calling it again gives the same answer.
   */
  close(): Promise<{ readonly cut: number }>;
}

/**
 * Starts a child. Nothing in it needs the parent. Rejects with one line that says what to do: `identity.missing` (not
 * joined), `child.other-name`, `config.refused`, a port in use (`listen.*`), an unusable state directory (`files.*`).
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { config, configFile, clock } = options;
  const { stateDirectory } = config;
  // What is started is stopped in reverse, when a later part fails to start as well as in the end.
  const parts = new AsyncDisposableStack();
  const outcome = { started: false, cut: 0 };
  try {
    const identity = await joinedNode(config, options);
    const directory = identityDirectory(stateDirectory);
    const log = options.log.child({ child: identity.name });
    warnIfExpired(identity, clock.now(), log);

    const accessLog = config.accessLog && accessLogOptions(config.accessLog, dirname(configFile));
    const dataPlane = await startDataPlane({
      workers: config.workers,
      log: lineLog(log),
      clock,
      accessLog,
    });
    parts.defer(async () => {
      const times = outcome.started ? drainTimes(config) : { lameDuckMs: 0, graceMs: 0 };
      outcome.cut = (await dataPlane.drain(times)).cut;
    });

    const health = parts.adopt(new HealthChecker({ clock, log: lineLog(log) }), (checks) => checks.close());

    const publisher = new AdvertisementPublisher({
      child: identity.name,
      version: version(),
      epoch: randomUUID(),
      publish: (document) => dataPlane.publish(document),
      clock,
      log: lineLog(log),
    });

    const providers = await providersOf(config, { stateDirectory, clock, log });
    const finders = new Set(providers.map(({ provider }) => provider));
    const serving = new Serving(
      { dataPlane, publisher, health, finders, stateDirectory, clock, log },
      uplinkIdentity(identity),
    );

    const workloads = new WorkloadSource({
      config,
      configFile,
      clock,
      log,
      providers,
      onProviders: (states) => publisher.updateProviders(states),
      onChange: (next) => void applyLater(serving, next, log),
    });
    parts.defer(() => workloads.close());
    await serving.apply(await firstModel(await workloads.start(), stateDirectory, log));

    const inUse = new IdentityInUse({
      first: identity,
      apply: (next) => serving.applyIdentity(uplinkIdentity(next)),
      onTaken: () => renewal.identityChanged(),
    });
    const stop = new AbortController();
    const renewEveryMs = options.renewEveryMs ?? renewEveryMsOfTests();
    const renewal = new RenewalSchedule({
      clock,
      log,
      validity: () => inUse.current.facts,
      renew: async () => {
        await enrolInProcess({ kind: 'renew', stateDirectory }, stop.signal);
        await inUse.take(await loadIdentity(directory));
      },
      ...(renewEveryMs === undefined ? {} : { renewEveryMs }),
    });
    parts.defer(() => {
      renewal.close();
      stop.abort();
    });
    const notTaken = (err: unknown) => log.error({ err }, 'new identity on disk not taken');
    const onChange = (next: LoadedIdentity) => inUse.take(next);
    parts.defer(await watchIdentity(directory, onChange, { onError: notTaken, clock }));
    renewal.start();

    // Last to start, first to stop: every moment that a parent hears later of a stop costs it a retry.
    parts.defer(() => publisher.drain());
    outcome.started = true;
    let closing: Promise<{ cut: number }> | undefined;
    const close = async (): Promise<{ cut: number }> => {
      await parts.disposeAsync();
      log.info({ cut: outcome.cut }, 'child has stopped');
      return { cut: outcome.cut };
    };
    const child: Child = {
      name: identity.name,
      ports: dataPlane.ports,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
    if (options.signals ?? true) {
      onSignals({ close: () => child.close(), rollWorkers: () => dataPlane.rollWorkers() }, lineLog(log));
    }
    log.info({ ports: Object.fromEntries(dataPlane.ports), parents: identity.parents }, 'child is ready');
    return child;
  } catch (error) {
    await parts.disposeAsync();
    throw startError(error, config);
  }
}

/** The identity in hand, or the one that `join` of the configuration gets: before that there is nothing to serve with. */
async function joinedNode(
  config: ChildConfig,
  { configFile, clock, log }: ChildOptions,
): Promise<LoadedIdentity> {
  try {
    const identity = await loadNode(config);
    if (config.join !== undefined) {
      const { clearUsedToken } = await import('./enrol/used-token.ts');
      await clearUsedToken(config, log);
    }
    return identity;
  } catch (error) {
    if (!(error instanceof FicusError && error.code === 'identity.missing') || config.join === undefined)
      throw error;
    const { joinAtStart } = await import('./enrol/join-at-start.ts');
    const { stateDirectory, name } = config;
    // A signal ends the process as it does any: nothing is served yet.
    const { signal } = new AbortController();
    const task = async () => {
      // A pin or a URL that was mended counts at the next try.
      const { join = config.join } = (await readChildConfig(configFile)).config;
      return { ...(join as JoinConfig), stateDirectory, ...(name === undefined ? {} : { name }) };
    };
    await joinAtStart({ task, configFile, clock, log, signal });
    return loadNode(config);
  }
}

/** Loaded only when configured: a client of another system's API is nothing to idle with. */
async function providersOf(
  { prism }: ChildConfig,
  common: { readonly stateDirectory: string; readonly clock: Clock; readonly log: Log },
): Promise<readonly WorkloadProvider[]> {
  if (prism === undefined) return [];
  const { prismProvider } = await import('./prism/prism-provider.ts');
  return [prismProvider({ config: prism, ...common })];
}

async function applyLater(serving: Serving, next: LastGood, log: Log): Promise<void> {
  try {
    await serving.apply(next);
    log.info({ uplinks: next.offers.map((offer) => offer.name) }, 'configuration applied');
  } catch (err) {
    log.error({ err }, 'configuration not applied: what runs keeps serving');
  }
}

/** Parents hear of a stop by the watch, so the lame duck may be shorter than before a load balancer that polls. */
const lameDuckMs = 2000;

function drainTimes({ lifeCycle, uplinkEntryPoints, entryPoints }: ChildConfig) {
  const all = [...Object.values(uplinkEntryPoints), ...Object.values(entryPoints)];
  const chosen = all.some(({ transport }) => transport?.lifeCycle?.requestAcceptGraceTimeout !== undefined);
  return { ...lifeCycle, lameDuckMs: chosen ? lifeCycle.lameDuckMs : lameDuckMs };
}

function renewEveryMsOfTests(): number | undefined {
  const value = Number(process.env['FICUS_RENEW_EVERY_MS']);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
