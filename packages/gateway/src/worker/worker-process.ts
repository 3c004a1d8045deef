/** One worker process as the main process sees it: requests with answers, and what it says unasked. */

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { helperEntry } from '@ficus/common/entry.ts';
import type { AccessLogOptions } from '../access-log/options.ts';
import type { ListenHandle } from '../entrypoint/listen-handle.ts';
import type { LimitsFromWorker } from '../limits/messages.ts';
import type { Model } from '../model/model.ts';
import { sharedSecretVariable } from '../passwords/nonces.ts';
import type { ProcessStats } from '../runtime/stats.ts';
import { type AnswerMessage, type FromWorker, sharedLimitsFlag, type ToWorker } from './messages.ts';
import { type ModelDelta, modelDelta } from './model-delta.ts';
import { youngGenerationFlags } from './young-generation.ts';

type Done = Extract<FromWorker, { readonly type: 'done' }>;
/** A request without its number. */
type Asked = ToWorker extends infer M ? (M extends { readonly seq: number } ? Omit<M, 'seq'> : never) : never;

/** A worker that does not answer within this is stopped or stuck: clients on it are lost already, the others must not be. */
const answerMs = 5000;
/** Building a generation of thousands of routers on a busy machine may take its time. */
const applyMs = 30_000;

/** What workers prove to each other's clients that one of them made. */
const secret = randomBytes(32).toString('base64');

export interface WorkerEvents {
  /** It did not answer in time and was killed; `exited` follows. */
  hung(worker: WorkerProcess, asked: string): void;
  said(
    worker: WorkerProcess,
    message: Extract<FromWorker, { readonly type: 'failure' | 'log' }> | AnswerMessage | LimitsFromWorker,
  ): void;
  exited(worker: WorkerProcess, how: string): void;
}

export class WorkerProcess {
  readonly pid: number;
  /** The last counters it sent. */
  stats: ProcessStats | undefined;
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly #events: WorkerEvents;
  readonly #asked = new Map<number, (answer: Done | undefined) => void>();
  #seq = 0;
  /** Seconds since it was last heard; none before it was. It counts its requests aloud four times in each. */
  #silence: number | undefined;
  readonly #listening: NodeJS.Timeout;
  /** The model it serves. */
  #applied: Model | undefined;
  #gone = false;

  /** `others`: it is not the only one. */
  constructor(events: WorkerEvents, accessLog: AccessLogOptions | undefined, others: boolean) {
    this.#events = events;
    // A young generation of 1 MiB while it idles, see ./young-generation.ts.
    const { file, execArgv, ...program } = helperEntry('worker', import.meta.url, youngGenerationFlags);
    const args = [
      accessLog === undefined ? '' : JSON.stringify(accessLog),
      ...(others ? [sharedLimitsFlag] : []),
    ];
    this.#process = fork(file, args, {
      ...program,
      execArgv: [...execArgv],
      // Each arena of the C library keeps what its threads once needed: a megabyte and a half of a worker.
      env: { MALLOC_ARENA_MAX: '1', ...process.env, [sharedSecretVariable]: secret },
      serialization: 'json',
    });
    this.pid = this.#process.pid ?? 0;
    let isReady: () => void;
    this.ready = new Promise((resolve) => {
      isReady = resolve;
    });
    this.#listening = setInterval(() => this.#noticeSilence(), 1000).unref();
    this.#process.on('message', (message: FromWorker) => {
      this.#silence = 0;
      if (message.type === 'ready') isReady();
      else if (message.type === 'stats') this.stats = message.stats;
      else if (message.type === 'done') this.#answered(message);
      else events.said(this, message);
    });
    const ended = (how: string) => {
      if (this.#gone) return;
      this.#lost();
      isReady();
      events.exited(this, how);
    };
    // A fork that fails says so here and never exits.
    this.#process.on('error', (error) => ended(error.message));
    this.#process.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Resolves with the answer, or undefined when the worker died first or was killed because it did not answer. */
  ask(message: Asked, handle?: ListenHandle): Promise<Done | undefined> {
    if (this.#gone) return Promise.resolve(undefined);
    const seq = ++this.#seq;
    return new Promise((resolve) => {
      const deadline = setTimeout(() => {
        this.#events.hung(this, message.type);
        this.kill();
      }, deadlineOf(message));
      deadline.unref();
      this.#asked.set(seq, (answer) => {
        clearTimeout(deadline);
        resolve(answer);
      });
      // A broken pipe is reported by `exit`, which settles what was asked.
      this.#process.send({ ...message, seq }, handle as never, {}, () => undefined);
    });
  }

  /** Tells it the model: what is new in it, if it has one already. `deltaOf`: what makes the model of another one. */
  async apply(
    model: Model,
    deltaOf = (before: Model): ModelDelta => modelDelta(before, model),
  ): Promise<Done | undefined> {
    const before = this.#applied;
    const answer = await this.ask({
      type: 'apply',
      ...(before === undefined ? { model } : { delta: deltaOf(before) }),
    });
    if (answer !== undefined && answer.error === undefined) this.#applied = model;
    return answer;
  }

  /** Says what needs no answer. */
  tell(message: Exclude<ToWorker, { readonly seq: number }>): void {
    if (!this.#gone) this.#process.send(message, () => undefined);
  }

  stop(): void {
    if (!this.#gone) this.#process.disconnect();
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Counted in ticks of this process, so that a pause of the whole machine is not the worker's. */
  #noticeSilence(): void {
    if (this.#gone || this.#silence === undefined || this.#asked.size > 0) return;
    if (++this.#silence <= answerMs / 1000) return;
    this.#silence = undefined;
    this.#events.hung(this, 'anything');
    this.kill();
  }

  #answered(message: Done): void {
    if (message.stats !== undefined) this.stats = message.stats;
    this.#asked.get(message.seq)?.(message);
    this.#asked.delete(message.seq);
  }

  #lost(): void {
    this.#gone = true;
    clearInterval(this.#listening);
    for (const settle of this.#asked.values()) settle(undefined);
    this.#asked.clear();
  }
}

function deadlineOf(message: Asked): number {
  if (message.type === 'drain') return message.lameDuckMs + message.graceMs + answerMs;
  return message.type === 'apply' ? applyMs : answerMs;
}
