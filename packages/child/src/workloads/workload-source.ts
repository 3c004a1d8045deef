/** Follows everything that says what this child serves, and resolves it: `child.yaml`, the files of `providers.file`, and what providers find. */
import type { Clock } from '@ficus/common/clock.ts';
import { type ConfigProblem, formatProblem } from '@ficus/common/config/problem.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import { uplinkHeader } from '@ficus/common/uplink/advertisement.ts';
import type { ProviderState } from '@ficus/common/uplink/provider-state.ts';
import { FileProvider } from '@ficus/gateway/config/file-provider.ts';
import type { HeldFile } from '@ficus/gateway/config/hold-files.ts';
import type { FileReading } from '@ficus/gateway/config/read-files.ts';
import { resolve } from '@ficus/gateway/model/resolve.ts';
import type { Disabled, DynamicSource } from '@ficus/gateway/model/resolve-input.ts';
import type { ChildConfig } from '../config/child-config.ts';
import type { LastGood } from '../state/last-good.ts';
import { refused } from '../state/load-config.ts';
import { NotServed, providerOf } from './not-served.ts';
import { type OwnSources, readOwnSources, staticChanges } from './own-sources.ts';
import type { WorkloadProvider } from './provider.ts';
import { watchFile } from './watch-file.ts';

export interface WorkloadSourceOptions {
  /** Its entrypoints and providers are in force until the next start. */
  readonly config: ChildConfig;
  readonly configFile: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ask something else than files; default: none. */
  readonly providers?: readonly WorkloadProvider[];
  /** How one of them fares has changed: all of them. */
  readonly onProviders?: (states: readonly ProviderState[]) => void;
  /** Something else is to be served; complete and without a mistake. */
  readonly onChange: (next: LastGood) => void;
}

/** What the files say at the start: `good` when there is no mistake, `usable` when at least a part of it serves. */
export interface FirstLook {
  readonly good: boolean;
  readonly usable?: LastGood;
  readonly problem?: FicusError;
}

/** `start` once. Later mistakes are logged, once each, and change nothing. */
export class WorkloadSource {
  readonly #options: WorkloadSourceOptions;
  readonly #files: FileProvider | undefined;
  #own: OwnSources | undefined;
  #file: DynamicSource | undefined;
  readonly #found = new Map<string, DynamicSource>();
  readonly #states = new Map<string, ProviderState>();
  readonly #notServed = new NotServed();
  #complaint: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopWatch = (): void => {};
  #closed = false;

  constructor(options: WorkloadSourceOptions) {
    this.#options = options;
    const { config, clock } = options;
    if (config.file === undefined) return;
    this.#files = new FileProvider({
      config: config.file,
      clock,
      onChange: (source) => this.#offer(source),
      onProblems: (problems, held) => {
        if (problems.length > 0) this.#complain(refused(problems.map(formatProblem)), held);
        else this.#complaint = undefined;
      },
    });
  }

  /** Reads everything once and follows it from then on. Never rejects: what is wrong is in the answer. */
  async start(): Promise<FirstLook> {
    const { configFile, clock } = this.#options;
    // Watched before it is read: a change in between is then seen.
    this.#stopWatch = watchFile(configFile, clock, () => this.#changed());
    const [own, reading] = await Promise.all([
      readOwn(configFile),
      this.#files?.start(),
      ...(this.#options.providers ?? []).map((provider) => this.#follow(provider)),
    ]);
    if (own instanceof FicusError) return { good: false, problem: own };
    this.#own = own;
    const problem = problemOf(reading);
    if (problem !== undefined) return { good: false, problem };
    this.#file = reading?.source;
    const { next, mistakes } = this.#resolved(own);
    if (mistakes.length === 0) {
      if (reading !== undefined) this.#files?.took(reading);
      return { good: true, usable: next };
    }
    return { good: false, usable: next, problem: refused(mistakes.map(describe)) };
  }

  close(): void {
    this.#closed = true;
    this.#stopWatch();
    this.#files?.close();
    for (const provider of this.#options.providers ?? []) provider.close();
  }

  #follow(provider: WorkloadProvider): Promise<void> {
    const { provider: name, awaited } = provider;
    return provider.start({
      found: (config) => {
        this.#found.set(name, { provider: name, config, awaited });
        this.#resolve();
      },
      state: (state) => {
        if (this.#closed) return;
        this.#states.set(name, state);
        this.#tellStates();
      },
    });
  }

  #tellStates(): void {
    this.#options.onProviders?.(this.#notServed.added([...this.#states]));
  }

  #changed(): void {
    this.#reading = this.#reading.then(async () => {
      const { config, configFile, log } = this.#options;
      const own = await readOwn(configFile);
      if (this.#closed) return;
      if (own instanceof FicusError) {
        this.#complain(own);
        return;
      }
      const waiting = staticChanges(config, own.config);
      if (waiting.length > 0) log.warn({ keys: waiting }, 'these changes take effect at the next start');
      this.#own = own;
      this.#resolve();
      // What they lacked may be there now.
      this.#files?.again();
    });
  }

  /** Of files: takes them up, or says what is wrong with them. */
  #offer(file: DynamicSource): readonly ConfigProblem[] {
    if (this.#closed) return [];
    if (this.#own === undefined) {
      // Looked at together with child.yaml, once that can be read.
      this.#file = file;
      return [];
    }
    const { next, mistakes } = this.#resolved(this.#own, file);
    if (mistakes.length > 0) return mistakes.map(asProblem);
    this.#file = file;
    this.#complaint = undefined;
    this.#options.onChange(next);
    return [];
  }

  #resolve(): void {
    if (this.#own === undefined || this.#closed) return;
    const { next, mistakes } = this.#resolved(this.#own);
    if (mistakes.length > 0) {
      this.#complain(refused(mistakes.map(describe)));
      return;
    }
    this.#complaint = undefined;
    this.#options.onChange(next);
  }

  #resolved(own: OwnSources, file = this.#file): { next: LastGood; mistakes: readonly Disabled[] } {
    const { config } = this.#options;
    const { model, uplinks, disabled } = resolve({
      dynamic: [...own.sources, ...(file === undefined ? [] : [file]), ...this.#found.values()],
      entryPoints: config.entryPoints,
      uplinkEntryPoints: config.uplinkEntryPoints,
      // Filled in when it is served: the identity changes without the workloads.
      uplinkIdentity: {
        header: uplinkHeader,
        certificate: { names: [], cert: '', key: '' },
        roots: [],
        peers: [],
      },
    });
    const wrong = disabled.filter(({ pending }) => !pending);
    const ofProviders = wrong.filter(({ name }) => this.#found.has(providerOf(name)));
    if (this.#notServed.replace(ofProviders, this.#options.log)) this.#tellStates();
    return {
      next: { config, model, offers: uplinks },
      // A provider's own are told in its state: they hold nobody's file.
      mistakes: wrong.filter((one) => !ofProviders.includes(one)),
    };
  }

  #complain(problem: FicusError, held: readonly HeldFile[] = []): void {
    const complaint = JSON.stringify([problem.message, held]);
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    const { log } = this.#options;
    if (held.length === 0) log.error({ err: problem }, 'configuration refused: what runs keeps serving');
    else log.error({ err: problem, held }, 'configuration refused: the files that have no mistakes serve');
  }
}

async function readOwn(configFile: string): Promise<OwnSources | FicusError> {
  try {
    return await readOwnSources(configFile);
  } catch (error) {
    if (error instanceof FicusError) return error;
    return new FicusError('config.unreadable', `${configFile}: ${String(error)}`, { cause: error });
  }
}

function problemOf(reading: FileReading | undefined): FicusError | undefined {
  if (reading === undefined || reading.problems.length === 0) return undefined;
  return refused(reading.problems.map(formatProblem));
}

function asProblem({ kind, name, reason, problem }: Disabled): ConfigProblem {
  return problem ?? { file: '', line: 1, column: 1, path: [], message: `${kind} ${name}: ${reason}` };
}

function describe({ kind, name, reason, problem }: Disabled): string {
  return problem === undefined ? `${kind} ${name}: ${reason}` : formatProblem(problem);
}
