/** Waits for a connection's ClientHello, which says whom it wants. */
import type { Deadlines, Timed } from '../net/deadlines.ts';
import type { Releasable } from '../net/reads.ts';
import { serverNameOf } from './client-hello.ts';

/** As long as a handshake may take. */
const patienceMs = 10_000;

/** Exactly one of these is called, once. */
export interface HelloListener {
  /** `read`: all that was read, valid until this returns. */
  found(serverName: string, read: Buffer): void;
  /** Its socket is destroyed when this returns. */
  failed(why: string): void;
}

export class HelloReader implements Timed {
  deadline: number;
  readonly #incoming: Releasable;
  readonly #deadlines: Deadlines;
  readonly #listener: HelloListener;
  #read: Buffer | undefined;

  constructor(incoming: Releasable, deadlines: Deadlines, listener: HelloListener) {
    this.#incoming = incoming;
    this.#deadlines = deadlines;
    this.#listener = listener;
    this.deadline = deadlines.now + patienceMs;
    deadlines.add(this);
    const { socket } = incoming;
    socket.on('error', this.#error);
    socket.on('end', this.#left);
    socket.on('close', this.#left);
    incoming.onData((chunk) => this.push(chunk));
  }

  /** Takes the next bytes; also those that somebody has read before. */
  push(chunk: Buffer): void {
    // Copied: a handle's reads share their memory.
    const read: Buffer = Buffer.concat(this.#read === undefined ? [chunk] : [this.#read, chunk]);
    this.#read = read;
    const name = serverNameOf(read);
    if (name === undefined) return;
    this.#detach();
    this.#listener.found(name, read);
  }

  expired(): void {
    this.#give('ClientHello took too long');
  }

  /** Gives up, telling nobody. */
  cancel(): void {
    this.#detach();
    this.#incoming.socket.on('error', () => undefined);
    this.#incoming.socket.destroy();
  }

  readonly #error = (error: NodeJS.ErrnoException): void => this.#give(error.code ?? error.message);
  readonly #left = (): void => this.#give('closed before its ClientHello');

  #give(why: string): void {
    this.#detach();
    this.#incoming.socket.on('error', () => undefined);
    this.#listener.failed(why);
    this.#incoming.socket.destroy();
  }

  #detach(): void {
    this.#deadlines.delete(this);
    this.#incoming.onData(() => undefined);
    const { socket } = this.#incoming;
    socket.off('error', this.#error);
    socket.off('end', this.#left);
    socket.off('close', this.#left);
  }
}
