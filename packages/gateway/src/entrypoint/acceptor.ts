/** Accepts connections straight from a listening handle: cleartext ones share memory to read into, others begin with a PROXY header. */
import { getSystemErrorName } from 'node:util';

const backlog = 511;

interface Accepting {
  onconnection: (status: number, client: { setNoDelay?(on: boolean): void } | undefined) => void;
  listen(backlog: number): number;
  close(): void;
}

export class Acceptor {
  readonly #accept: (handle: object) => void;
  readonly #failed: (message: string) => void;
  #handle: Accepting | undefined;

  /** `accept` gets each connection as a libuv handle, of which nothing was read. */
  constructor(accept: (handle: object) => void, failed: (message: string) => void) {
    this.#accept = accept;
    this.#failed = failed;
  }

  /** Throws when the handle cannot listen (another process took the port between bind and listen). */
  listen(handle: object): void {
    const accepting = handle as Accepting;
    accepting.onconnection = (status, client) => {
      if (client === undefined || status < 0) {
        this.#failed(status < 0 ? getSystemErrorName(status) : 'no connection');
        return;
      }
      client.setNoDelay?.(true);
      this.#accept(client);
    };
    const status = accepting.listen(backlog);
    if (status < 0) throw new Error(`listen: ${getSystemErrorName(status)}`);
    this.#handle = accepting;
  }

  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }
}
