/** The data plane served by worker processes on shared listening handles: keeps them alike, replaces those that die. */
import { FicusError } from '@ficus/common/errors.ts';
import type { AccessLogOptions } from '../access-log/options.ts';
import { handlePort, type ListenHandle, openListenHandles } from '../entrypoint/listen-handle.ts';
import type { EntryPointModel, Model } from '../model/model.ts';
import type {
  DataPlane,
  DataPlaneLog,
  EndpointFailure,
  Patch,
  PublishedDocument,
  Stats,
} from '../runtime/data-plane.ts';
import { type ProcessStats, sumStats } from '../runtime/stats.ts';
import { KeptPatches } from './kept-patches.ts';
import { type WorkerEvents, WorkerProcess } from './worker-process.ts';

/** A worker that dies younger than this is not replaced at once, so that a crash at start does not spin. */
const youngMs = 1000;
/** A worker that is rolled gets this long. */
const rollGraceMs = { lameDuckMs: 500, graceMs: 10_000 };

interface Slot {
  worker: WorkerProcess;
  restarts: number;
  startedAt: number;
}

export class WorkerPool implements DataPlane, WorkerEvents {
  readonly ports = new Map<string, number>();
  readonly #log: DataPlaneLog;
  readonly #accessLog: AccessLogOptions | undefined;
  readonly #slots: Slot[] = [];
  readonly #handles = new Map<
    string,
    { readonly entryPoint: EntryPointModel; readonly handle: ListenHandle }
  >();
  readonly #documents = new Map<string, PublishedDocument>();
  readonly #patches = new KeptPatches();
  readonly #listeners: ((failure: EndpointFailure) => void)[] = [];
  #past: ProcessStats[] = [];
  #model: Model | undefined;
  #closing = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(count: number, log: DataPlaneLog, accessLog?: AccessLogOptions) {
    this.#log = log;
    this.#accessLog = accessLog;
    for (let i = 0; i < count; i++)
      this.#slots.push({
        worker: new WorkerProcess(this, this.#accessLog),
        restarts: 0,
        startedAt: performance.now(),
      });
  }

  async start(): Promise<void> {
    await Promise.all(this.#slots.map(({ worker }) => worker.ready));
  }

  apply(model: Model): Promise<void> {
    return this.#inTurn(() => this.#apply(model));
  }

  async #apply(model: Model): Promise<void> {
    const opened = openListenHandles(model.entryPoints, this.#handles);
    const answers = await Promise.all(this.#slots.map(({ worker }) => worker.ask({ type: 'apply', model })));
    const refused = answers.find((answer) => answer?.error !== undefined);
    if (refused !== undefined) {
      for (const { handle } of opened) handle.close();
      // Workers are alike, so all refuse or none does; one that differs is replaced by one that serves what the others do.
      answers.forEach((answer, i) => {
        if (answer !== undefined && answer.error === undefined) this.#slots[i]?.worker.kill();
      });
      throw new FicusError(
        'model.refused',
        `the data plane cannot serve this configuration: ${refused.error}`,
      );
    }
    this.#model = model;
    this.#patches.modelApplied(model);
    for (const { entryPoint, handle } of opened) {
      this.#handles.set(entryPoint.name, { entryPoint, handle });
      this.ports.set(entryPoint.name, handlePort(handle));
      const listening = await Promise.all(
        this.#slots.map(({ worker }) => worker.ask({ type: 'listen', entryPoint }, handle)),
      );
      const failed = listening.find((answer) => answer?.error !== undefined);
      if (failed !== undefined) {
        this.#handles.delete(entryPoint.name);
        handle.close();
        throw new FicusError(
          'listen.failed',
          `entrypoint ${entryPoint.name} cannot listen on ${entryPoint.address}: ${failed.error}`,
          {
            remedy: 'stop the process that has the port (ss -ltnp shows it), or choose another address',
          },
        );
      }
    }
  }

  async patch(patch: Patch): Promise<void> {
    this.#patches.keep(patch);
    await Promise.all(this.#slots.map(({ worker }) => worker.ask({ type: 'patch', patch })));
  }

  publish(document: PublishedDocument): void {
    this.#documents.set(document.path, document);
    for (const { worker } of this.#slots) worker.tell({ type: 'publish', document });
  }

  reopenAccessLog(): void {
    for (const { worker } of this.#slots) worker.tell({ type: 'reopen' });
  }

  onEndpointFailure(listener: (failure: EndpointFailure) => void): void {
    this.#listeners.push(listener);
  }

  async stats(): Promise<Stats> {
    await Promise.all(this.#slots.map(({ worker }) => worker.ask({ type: 'stats' })));
    const live = this.#slots.flatMap(({ worker }) => (worker.stats === undefined ? [] : [worker.stats]));
    const workers = this.#slots.map(({ worker, restarts }) => ({
      pid: worker.pid,
      restarts,
      rssBytes: worker.stats?.rssBytes ?? 0,
    }));
    return sumStats(live, this.#past, workers);
  }

  async drain(options: { lameDuckMs: number; graceMs: number }): Promise<{ cut: number }> {
    this.#closing = true;
    const answers = await Promise.all(
      this.#slots.map(({ worker }) => worker.ask({ type: 'drain', ...options })),
    );
    for (const { handle } of this.#handles.values()) handle.close();
    for (const { worker } of this.#slots) worker.stop();
    return { cut: answers.reduce((sum, answer) => sum + (answer?.cut ?? 0), 0) };
  }

  rollWorkers(): Promise<void> {
    return this.#inTurn(() => this.#roll());
  }

  async #roll(): Promise<void> {
    for (const slot of this.#slots) {
      const old = slot.worker;
      const next = new WorkerProcess(this, this.#accessLog);
      await this.#prepare(next);
      slot.worker = next;
      slot.startedAt = performance.now();
      await old.ask({ type: 'drain', ...rollGraceMs });
      old.stop();
    }
  }

  said(message: Parameters<WorkerEvents['said']>[0]): void {
    if (message.type === 'log') this.#log(message.level, message.message, message.fields);
    else for (const listener of this.#listeners) listener(message.failure);
  }

  exited(worker: WorkerProcess, how: string): void {
    if (worker.stats !== undefined) this.#past = [collapse([...this.#past, worker.stats])];
    const slot = this.#slots.find((candidate) => candidate.worker === worker);
    if (slot === undefined || this.#closing) return;
    this.#log('error', 'worker died, replacing it', { pid: worker.pid, how });
    const age = performance.now() - slot.startedAt;
    slot.restarts++;
    setTimeout(() => void this.#replace(slot), age < youngMs ? youngMs : 0);
  }

  async #replace(slot: Slot): Promise<void> {
    if (this.#closing) return;
    const worker = new WorkerProcess(this, this.#accessLog);
    slot.worker = worker;
    slot.startedAt = performance.now();
    await this.#inTurn(() => this.#prepare(worker));
  }

  /** Models, replacements and rolls one after the other: a new worker must not miss a model, nor get an older one late. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Brings a new worker to where the others are, and only then lets it accept. */
  async #prepare(worker: WorkerProcess): Promise<void> {
    await worker.ready;
    if (this.#model !== undefined) await worker.ask({ type: 'apply', model: this.#model });
    // A patch made meanwhile may have overtaken its older self.
    let version: number;
    do {
      version = this.#patches.version;
      for (const patch of this.#patches.all()) await worker.ask({ type: 'patch', patch });
    } while (version !== this.#patches.version);
    for (const document of this.#documents.values()) worker.tell({ type: 'publish', document });
    for (const { entryPoint, handle } of this.#handles.values())
      await worker.ask({ type: 'listen', entryPoint }, handle);
  }
}

/** Past workers as one, so that restarts never grow memory. */
function collapse(past: readonly ProcessStats[]): ProcessStats {
  const { connections, entryPoints, services, legs, refusals } = sumStats([], past, []);
  return {
    accepted: connections.accepted,
    refused: connections.refused,
    open: 0,
    inFlight: 0,
    entryPoints,
    services,
    legs,
    refusals,
    rssBytes: 0,
  };
}
