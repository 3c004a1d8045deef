/** Keep-alive clients that ask again and again, and remember since when each has had the answer it has now. */

import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from '../load/http-connection.ts';

/** Between an answer and the next request on the same connection. */
const PAUSE_MS = 5;

interface Asker {
  readonly connection: HttpConnection;
  body: string;
  /** By `performance.now()`. */
  since: number;
}

/** What they found. `errors`: answers other than 200, and connections that broke (once each). */
export interface Asked {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
}

export class Askers {
  readonly #url: URL;
  readonly #askers: Asker[] = [];
  #requests = 0;
  #errors = 0;
  #begin = 0;
  #stopped = false;
  #work: Promise<void>[] = [];

  constructor(url: string) {
    this.#url = new URL(url);
  }

  get count(): number {
    return this.#askers.length;
  }

  async open(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      const connection = await HttpConnection.open(this.#url);
      this.#askers.push({ connection, body: '', since: 0 });
    }
  }

  start(): void {
    this.#begin = performance.now();
    this.#work = this.#askers.map((asker) => this.#ask(asker));
  }

  /** When the last of them had `body` for the first time, if all have it now. */
  allAnsweredSince(body: string): number | undefined {
    if (this.#askers.some((asker) => asker.body !== body)) return undefined;
    return Math.max(...this.#askers.map(({ since }) => since));
  }

  async stop(): Promise<Asked> {
    this.#stopped = true;
    await Promise.all(this.#work);
    const seconds = (performance.now() - this.#begin) / 1_000;
    return { requests: this.#requests, errors: this.#errors, seconds };
  }

  close(): void {
    this.#stopped = true;
    for (const { connection } of this.#askers) connection.close();
  }

  async #ask(asker: Asker): Promise<void> {
    while (!this.#stopped) {
      try {
        const { status, body } = await asker.connection.ask();
        this.#requests += 1;
        if (status !== 200) this.#errors += 1;
        if (body !== asker.body) asker.since = performance.now();
        asker.body = body;
      } catch {
        this.#errors += 1;
        return;
      }
      await delay(PAUSE_MS);
    }
  }
}
