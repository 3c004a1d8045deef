/** A socket as a plain byte stream, after an upgrade. */
import type { Socket } from 'node:net';
import type { RawConnection, RawListener } from '../http/exchange.ts';

const keepAliveMs = 60_000;

export class RawSocket implements RawConnection {
  readonly #socket: Socket;
  readonly #head: Buffer | undefined;
  readonly #onData: (listener: (chunk: Buffer) => void) => void;

  /** `head`: what was read beyond the message; `onData` says who gets the bytes, each piece the listener's to keep. */
  constructor(socket: Socket, head: Buffer | undefined, onData: (listener: (chunk: Buffer) => void) => void) {
    this.#socket = socket;
    this.#head = head;
    this.#onData = onData;
    // A peer that vanished without a word must not hold two connections for ever.
    socket.setKeepAlive(true, keepAliveMs);
  }

  start(listener: RawListener): void {
    const socket = this.#socket;
    socket.on('drain', () => listener.rawDrained());
    socket.on('end', () => listener.rawEnd());
    socket.on('error', () => listener.rawGone());
    socket.on('close', () => listener.rawGone());
    if (this.#head !== undefined) listener.rawData(this.#head);
    this.#onData((chunk) => listener.rawData(chunk));
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
