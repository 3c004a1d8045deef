/** Waits for a connection's ClientHello and gives the socket on unread, with the server name it asks for. */
import type { Socket } from 'node:net';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import { serverNameOf } from './client-hello.ts';

/** As long as a handshake may take. */
const patienceMs = 10_000;

export class HelloReader implements Timed {
  deadline: number;
  readonly #socket: Socket;
  readonly #deadlines: Deadlines;
  readonly #found: (serverName: string) => void;
  readonly #failed: (why: string) => void;
  #read: Buffer | undefined;

  /** Exactly one of `found` and `failed` is called; after `failed` the socket is destroyed. */
  constructor(
    socket: Socket,
    deadlines: Deadlines,
    found: (serverName: string) => void,
    failed: (why: string) => void,
  ) {
    this.#socket = socket;
    this.#deadlines = deadlines;
    this.#found = found;
    this.#failed = failed;
    this.deadline = deadlines.now + patienceMs;
    deadlines.add(this);
    socket.on('data', this.#data);
    socket.on('error', this.#error);
    socket.on('close', this.#closed);
    // Whoever read a PROXY header before may have paused it.
    socket.resume();
  }

  expired(): void {
    this.#give('ClientHello took too long');
  }

  /** Gives up, telling nobody. */
  cancel(): void {
    this.#detach();
    this.#socket.on('error', () => undefined);
    this.#socket.destroy();
  }

  readonly #data = (chunk: Buffer): void => {
    this.#read = this.#read === undefined ? chunk : Buffer.concat([this.#read, chunk]);
    const name = serverNameOf(this.#read);
    if (name === undefined) return;
    this.#detach();
    // TLS takes what is buffered here before it reads on.
    this.#socket.pause();
    this.#socket.unshift(this.#read);
    this.#found(name);
  };

  readonly #error = (error: NodeJS.ErrnoException): void => this.#give(error.code ?? error.message);
  readonly #closed = (): void => this.#give('closed before its ClientHello');

  #give(why: string): void {
    this.#detach();
    this.#socket.on('error', () => undefined);
    this.#failed(why);
    this.#socket.destroy();
  }

  #detach(): void {
    this.#deadlines.delete(this);
    this.#socket.off('data', this.#data);
    this.#socket.off('error', this.#error);
    this.#socket.off('close', this.#closed);
  }
}
