/** What this parent has for new machines to download: finds or makes its bundle in the background, and says why there is none. */
import type { InstallStatus, ServedManifest } from '@ficus/common/api/install.ts';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { Bundle } from './bundle.ts';

export interface InstallsOptions {
  /** Finds or makes the bundle; undefined when this parent has none and never will. */
  readonly open: ((signal: AbortSignal) => Promise<Bundle>) | undefined;
  /** False: the operator wants nothing served. Default: true. */
  readonly enabled?: boolean;
  readonly clock: Clock;
  readonly log: LogLine;
}

/** After a failure, for what a person repairs meanwhile. */
const retryMs = 60_000;

/** The bundle of this moment. Constructed by the composition root; nothing is read before `start`. */
export class Installs {
  readonly #options: InstallsOptions;
  #bundle: Bundle | undefined;
  #problem: FicusError;
  #cancelRetry = () => {};
  #opening: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(options: InstallsOptions) {
    this.#options = options;
    this.#problem =
      options.enabled === false ? disabled() : options.open === undefined ? nothing() : preparing();
  }

  /** Begins; does not wait for it. */
  start(): void {
    const { open, enabled = true } = this.#options;
    if (open !== undefined && enabled) this.#opening = this.#try(open);
  }

  /** Throws what there is instead: `install.disabled`, `install.none`, `install.preparing`, or why it failed. */
  get bundle(): Bundle {
    if (this.#bundle === undefined) throw this.#problem;
    return this.#bundle;
  }

  /** The part of `GET /v1/install` that is about the bundle. */
  get status(): Pick<InstallStatus, 'problem'> & {
    readonly bundle?: ServedManifest;
    readonly manifestSha256?: string;
  } {
    if (this.#bundle !== undefined) {
      return { bundle: this.#bundle.manifest, manifestSha256: this.#bundle.manifestSha256 };
    }
    const { code, message, remedy } = this.#problem;
    return { problem: { code, message, ...(remedy === undefined ? {} : { remedy }) } };
  }

  /** What an operator should see in the status; absent while all is as it should be. */
  get failure(): FicusError | undefined {
    return this.#bundle === undefined && isFailure(this.#problem) ? this.#problem : undefined;
  }

  /** What is served is not what was checked any more: it is opened anew, and nothing served until then. */
  changed(): void {
    const { open, log } = this.#options;
    const old = this.#bundle;
    if (old === undefined || open === undefined || this.#closing.signal.aborted) return;
    log('warn', 'files of the install bundle were overwritten: it is checked anew');
    this.#bundle = undefined;
    this.#problem = preparing();
    this.#opening = old.close().then(() => this.#try(open));
  }

  /** Resolves when nothing is being opened and all files are closed. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelRetry();
    await this.#opening;
    await this.#bundle?.close();
  }

  async #try(open: (signal: AbortSignal) => Promise<Bundle>): Promise<void> {
    const { log, clock } = this.#options;
    try {
      this.#bundle = await open(this.#closing.signal);
      const { version, artefacts } = this.#bundle.manifest;
      log('info', 'new machines can install from here', { version, for: artefacts.map(({ arch }) => arch) });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const problem = asProblem(error);
      const told = this.#problem.message === problem.message;
      this.#problem = problem;
      if (!told) log('error', 'new machines cannot install from here', { err: problem, do: problem.remedy });
      this.#cancelRetry = clock.after(retryMs, () => {
        this.#opening = this.#try(open);
      });
    }
  }
}

function asProblem(error: unknown): FicusError {
  if (error instanceof FicusError) {
    const { code, message, remedy } = error;
    // Whatever it was: for who wants to download, it is not there now.
    return new FicusError(code, message, {
      status: 503,
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  return new FicusError('install.failed', `the install bundle can't be opened: ${(error as Error).message}`, {
    status: 503,
    remedy: 'see the log of this parent',
    cause: error,
  });
}

function isFailure({ code }: FicusError): boolean {
  return !['install.disabled', 'install.none', 'install.preparing'].includes(code);
}

function disabled(): FicusError {
  return new FicusError('install.disabled', 'this parent serves no installation: install.enabled is false', {
    status: 404,
    remedy: 'remove install.enabled from parent.yaml, or install ficus from its package',
  });
}

function nothing(): FicusError {
  return new FicusError('install.none', 'this parent runs from source and has no install bundle', {
    status: 404,
    remedy:
      'make one with `npm run package` and set install.directory in parent.yaml to dist/package/install',
  });
}

function preparing(): FicusError {
  return new FicusError('install.preparing', 'the install bundle is being prepared', {
    status: 503,
    remedy: 'try again in some seconds',
  });
}
