/** The main process's side of questions: each is asked by one worker. */
import type { AnswerListener, UplinkQuestion } from '../runtime/data-plane.ts';
import type { AnswerMessage } from './messages.ts';
import type { WorkerProcess } from './worker-process.ts';

interface Open {
  readonly question: UplinkQuestion;
  readonly listener: AnswerListener;
  /** Undefined while it waits for one. */
  worker: WorkerProcess | undefined;
}

export class Questions {
  /** Those that can be asked now. */
  readonly #workers: () => Iterable<WorkerProcess>;
  readonly #open = new Map<number, Open>();
  #lastId = 0;
  #turn = -1;

  constructor(workers: () => Iterable<WorkerProcess>) {
    this.#workers = workers;
  }

  /** Without a worker it waits for one. The returned function ends it. */
  ask(question: UplinkQuestion, listener: AnswerListener): () => void {
    const id = ++this.#lastId;
    const open: Open = { question, listener, worker: undefined };
    this.#open.set(id, open);
    this.#assign(id, open);
    return () => {
      if (!this.#open.delete(id)) return;
      open.worker?.tell({ type: 'unask', id });
    };
  }

  /** A worker can be asked from now on. */
  workerReady(): void {
    for (const [id, open] of this.#open) if (open.worker === undefined) this.#assign(id, open);
  }

  /** `worker` is gone, or going: what it was asked is asked of another. */
  workerLeaves(worker: WorkerProcess): void {
    for (const [id, open] of [...this.#open]) {
      if (open.worker !== worker) continue;
      this.#open.delete(id);
      worker.tell({ type: 'unask', id });
      open.listener.moved();
    }
  }

  /** A worker's answer; one to a question that has ended meanwhile is nothing. */
  said(message: AnswerMessage): void {
    const { id, event } = message;
    const open = this.#open.get(id);
    if (open === undefined) return;
    const { listener } = open;
    if (event === 'head') listener.head(message.head);
    else if (event === 'data') {
      const chunk = Buffer.from(message.base64, 'base64');
      listener.data(chunk);
      // Only now may more come: a peer that never stops talking must not fill this process.
      open.worker?.tell({ type: 'took', id, bytes: chunk.length });
    } else {
      this.#open.delete(id);
      if (event === 'end') listener.end(message.leaving);
      else if (event === 'failed') listener.failed(message.code, message.detail);
      else listener.moved();
    }
  }

  /** In turn: a worker that is stuck is not asked the same thing again and again while others would answer. */
  #assign(id: number, open: Open): void {
    const workers = [...this.#workers()];
    if (workers.length === 0) return;
    this.#turn = (this.#turn + 1) % workers.length;
    const worker = workers[this.#turn] as WorkerProcess;
    open.worker = worker;
    worker.tell({ type: 'ask', id, question: open.question });
  }
}
