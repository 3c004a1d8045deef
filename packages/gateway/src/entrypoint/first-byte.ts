/** Waits for the first bytes of a connection, which say what it speaks. */
import type { Deadlines, Timed } from '../net/deadlines.ts';
import type { IncomingHandle } from '../net/reads.ts';

const lifeEvents = ['end', 'error', 'close'];

export class FirstByte implements Timed {
  deadline: number;
  readonly #incoming: IncomingHandle;
  readonly #deadlines: Deadlines;
  readonly #done: (read: Buffer | undefined) => void;
  readonly #left = () => this.end();
  #over = false;

  /** `done` is called once: with bytes valid until it returns, or without when the connection said nothing and is gone. */
  constructor(
    incoming: IncomingHandle,
    deadlines: Deadlines,
    waitMs: number,
    done: (read: Buffer | undefined) => void,
  ) {
    this.#incoming = incoming;
    this.#deadlines = deadlines;
    this.#done = done;
    this.deadline = deadlines.now + waitMs;
    deadlines.add(this);
    for (const event of lifeEvents) incoming.socket.on(event, this.#left);
    incoming.onData((chunk) => {
      if (!this.#finish()) return;
      for (const event of lifeEvents) incoming.socket.off(event, this.#left);
      done(chunk);
    });
  }

  expired(): void {
    this.end();
  }

  end(): void {
    if (!this.#finish()) return;
    this.#incoming.socket.destroy();
    this.#done(undefined);
  }

  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#deadlines.delete(this);
    return true;
  }
}
