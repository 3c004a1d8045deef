/** The data plane served by worker processes on shared listening handles: keeps them alike, replaces those that die. */
import { systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { AccessLogOptions } from '../access-log/options.ts';
import { DefaultCertificate } from '../entrypoint/default-certificate.ts';
import { handlePort, type ListenHandle, openListenHandles } from '../entrypoint/listen-handle.ts';
import { LimitAuthority } from '../limits/authority.ts';
import type { EntryPointModel, Model } from '../model/model.ts';
import type {
  AnswerListener,
  DataPlane,
  DataPlaneLog,
  EndpointFailure,
  Patch,
  PublishedDocument,
  Stats,
  UplinkQuestion,
} from '../runtime/data-plane.ts';
import { type ProcessStats, sumStats } from '../runtime/stats.ts';
import { collapse } from './collapse-stats.ts';
import { KeptPatches } from './kept-patches.ts';
import { deltasTo } from './model-delta.ts';
import { Questions } from './questions.ts';
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
  readonly #count: number;
  readonly #slots: Slot[] = [];
  /** Every worker that runs: in a slot, being prepared, or being drained. Changes in place go to all of them. */
  readonly #live = new Set<WorkerProcess>();
  readonly #draining = new Set<WorkerProcess>();
  /** Those that have what the others have. */
  readonly #prepared = new WeakSet<WorkerProcess>();
  readonly #questions = new Questions(() => this.#askable());
  readonly #limits = new LimitAuthority(systemClock, () => this.#live.size);
  readonly #handles = new Map<
    string,
    { readonly entryPoint: EntryPointModel; readonly handle: ListenHandle }
  >();
  readonly #documents = new Map<string, PublishedDocument>();
  readonly #patches = new KeptPatches();
  readonly #defaultCertificate: DefaultCertificate;
  readonly #listeners: ((failure: EndpointFailure) => void)[] = [];
  #past: ProcessStats[] = [];
  #model: Model | undefined;
  #closing = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(count: number, log: DataPlaneLog, accessLog?: AccessLogOptions) {
    this.#log = log;
    this.#accessLog = accessLog;
    this.#count = count;
    this.#defaultCertificate = new DefaultCertificate(log);
    for (let i = 0; i < count; i++) {
      this.#slots.push({ worker: this.#spawn(), restarts: 0, startedAt: systemClock.monotonic() });
    }
  }

  #spawn(): WorkerProcess {
    const worker = new WorkerProcess(this, this.#accessLog, this.#count > 1);
    this.#live.add(worker);
    return worker;
  }

  async start(): Promise<void> {
    await Promise.all(this.#slots.map(({ worker }) => worker.ready));
    for (const { worker } of this.#slots) this.#prepared.add(worker);
    this.#questions.workerReady();
  }

  *#askable(): Iterable<WorkerProcess> {
    for (const worker of this.#live)
      if (this.#prepared.has(worker) && (this.#closing || !this.#draining.has(worker))) yield worker;
  }

  ask(question: UplinkQuestion, listener: AnswerListener): () => void {
    return this.#questions.ask(question, listener);
  }

  apply(model: Model): Promise<void> {
    return this.#inTurn(() => this.#apply(this.#defaultCertificate.complete(model, systemClock.now())));
  }

  async #apply(model: Model): Promise<void> {
    const opened = openListenHandles(model.entryPoints, this.#handles);
    const deltaOf = deltasTo(model);
    let answers = await Promise.all(this.#slots.map(({ worker }) => worker.apply(model, deltaOf)));
    if (answers.every((answer) => answer === undefined)) answers = [await this.#tryOut(model)];
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
          failed.error?.includes('EADDRINUSE') === true
            ? { remedy: 'stop the process that has the port (ss -ltnp shows it), or choose another address' }
            : {},
        );
      }
    }
  }

  async patch(patch: Patch): Promise<void> {
    this.#patches.keep(patch);
    await this.#each((worker) => worker.ask({ type: 'patch', patch }));
  }

  publish(document: PublishedDocument): void {
    this.#documents.set(document.path, document);
    for (const worker of this.#live) worker.tell({ type: 'publish', document });
  }

  reopenAccessLog(): void {
    for (const worker of this.#live) worker.tell({ type: 'reopen' });
  }

  onEndpointFailure(listener: (failure: EndpointFailure) => void): void {
    this.#listeners.push(listener);
  }

  async stats(): Promise<Stats> {
    await this.#each((worker) => worker.ask({ type: 'stats' }));
    const live = [...this.#live].flatMap(({ stats }) => (stats === undefined ? [] : [stats]));
    const workers = this.#slots.map(({ worker, restarts }) => ({
      pid: worker.pid,
      restarts,
      rssBytes: worker.stats?.rssBytes ?? 0,
    }));
    return sumStats(live, this.#past, workers);
  }

  async drain(options: { lameDuckMs: number; graceMs: number }): Promise<{ cut: number }> {
    this.#closing = true;
    // Once no worker accepts, the kernel must not queue connections that nobody will ever take.
    setTimeout(() => {
      for (const { handle } of this.#handles.values()) handle.close();
    }, options.lameDuckMs);
    const answers = await Promise.all([...this.#live].map((worker) => this.#drainOne(worker, options)));
    return { cut: answers.reduce((sum, cut) => sum + cut, 0) };
  }

  /** Each worker's successor serves before it is drained; rejects, with the old ones serving on, when one cannot start. */
  async rollWorkers(): Promise<void> {
    for (const slot of this.#slots) {
      if (this.#closing) return;
      const old = await this.#inTurn(() => this.#succeed(slot));
      await this.#drainOne(old, rollGraceMs);
    }
  }

  /** Puts a new worker into `slot` and returns the one that was there. */
  async #succeed(slot: Slot): Promise<WorkerProcess> {
    const next = this.#spawn();
    await this.#prepare(next);
    if (next.gone) {
      throw new FicusError(
        'worker.not-started',
        'a new worker ended before it could serve; the old ones serve on',
        {
          remedy: 'see the log for why it ended, then send SIGHUP again',
        },
      );
    }
    const old = slot.worker;
    slot.worker = next;
    slot.startedAt = systemClock.monotonic();
    return old;
  }

  async #drainOne(worker: WorkerProcess, options: { lameDuckMs: number; graceMs: number }): Promise<number> {
    if (this.#draining.has(worker)) return 0;
    this.#draining.add(worker);
    if (!this.#closing) this.#questions.workerLeaves(worker);
    const answer = await worker.ask({ type: 'drain', ...options });
    worker.stop();
    return answer?.cut ?? 0;
  }

  async #each(ask: (worker: WorkerProcess) => Promise<unknown>): Promise<void> {
    await Promise.all([...this.#live].map(ask));
  }

  hung(worker: WorkerProcess, asked: string): void {
    this.#log('error', 'worker does not answer, killing it', { pid: worker.pid, asked });
  }

  said(worker: WorkerProcess, message: Parameters<WorkerEvents['said']>[1]): void {
    if (message.type === 'limits') this.#limits.heard(worker, message);
    else if (message.type === 'log') this.#log(message.level, message.message, message.fields);
    else if (message.type === 'answer') this.#questions.said(message);
    else for (const listener of this.#listeners) listener(message.failure);
  }

  exited(worker: WorkerProcess, how: string): void {
    this.#live.delete(worker);
    this.#draining.delete(worker);
    this.#limits.gone(worker);
    if (worker.stats !== undefined) this.#past = [collapse([...this.#past, worker.stats])];
    if (!this.#closing) this.#questions.workerLeaves(worker);
    const slot = this.#slots.find((candidate) => candidate.worker === worker);
    if (slot === undefined || this.#closing) return;
    this.#log('error', 'worker died, replacing it', { pid: worker.pid, how });
    const age = systemClock.monotonic() - slot.startedAt;
    slot.restarts++;
    setTimeout(() => void this.#inTurn(() => this.#replace(slot, worker)), age < youngMs ? youngMs : 0);
  }

  async #replace(slot: Slot, dead: WorkerProcess): Promise<void> {
    // A roll may have filled the slot meanwhile.
    if (this.#closing || slot.worker !== dead) return;
    slot.worker = this.#spawn();
    slot.startedAt = systemClock.monotonic();
    await this.#prepare(slot.worker);
  }

  /** Models, replacements and rolls one after the other: a new worker must not miss a model, nor get an older one late. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** Brings a new worker to where the others are, and only then lets it accept. */
  async #prepare(worker: WorkerProcess): Promise<void> {
    await worker.ready;
    if (this.#model !== undefined) await this.#expectDone(worker, worker.apply(this.#model));
    // A patch made meanwhile may have overtaken its older self.
    let version: number;
    do {
      version = this.#patches.version;
      for (const patch of this.#patches.all()) await worker.ask({ type: 'patch', patch });
    } while (version !== this.#patches.version);
    for (const document of this.#documents.values()) worker.tell({ type: 'publish', document });
    for (const { entryPoint, handle } of this.#handles.values())
      await this.#expectDone(worker, worker.ask({ type: 'listen', entryPoint }, handle));
    this.#prepared.add(worker);
    this.#questions.workerReady();
  }

  /** A worker that cannot do what the others did would refuse every request it gets: it ends instead. */
  async #expectDone(worker: WorkerProcess, asked: ReturnType<WorkerProcess['ask']>): Promise<void> {
    const error = (await asked)?.error;
    if (error === undefined) return;
    this.#log('error', 'a new worker cannot serve', { pid: worker.pid, error });
    worker.kill();
    // Answered by its end.
    await worker.ask({ type: 'stats' });
  }

  /** Whether `model` can be built, when no worker is alive to say so. */
  async #tryOut(model: Model): ReturnType<WorkerProcess['ask']> {
    const worker = this.#spawn();
    await worker.ready;
    const answer = await worker.apply(model);
    worker.kill();
    return answer;
  }
}
