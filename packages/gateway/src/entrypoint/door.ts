/** Lets the connections of a public entrypoint in: in the clear, over TLS, or as they begin, with Traefik each as it likes. */
import { Socket } from 'node:net';
import type { EntryPointModel } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import { type Incoming, IncomingHandle, IncomingSocket } from '../net/reads.ts';
import type { Certificates } from './certificates.ts';
import { FirstByte } from './first-byte.ts';
import type { HandshakeHost } from './handshakes.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

/** Who gets the connections. */
export interface DoorHost extends HandshakeHost {
  readonly deadlines: Deadlines;
  /** In the clear. `read`: its first bytes, when somebody has read them. */
  clear(incoming: Incoming, read: Buffer): void;
}

/** Begins every TLS connection, and no request. */
const tlsRecord = 22;
const nothing = Buffer.alloc(0);
/** Where entrypoints wait for a head without limit. */
const longestWaitMs = 10_000;

export class Door {
  readonly #host: DoorHost;
  readonly #waitMs: number;
  readonly #waiting = new Set<FirstByte>();
  #tls: TlsAcceptor | undefined;
  #speaks: 'clear' | 'tls' | 'both' = 'clear';

  constructor(model: EntryPointModel, certificates: Certificates, host: DoorHost) {
    this.#host = host;
    this.#waitMs = model.limits.headTimeoutMs > 0 ? model.limits.headTimeoutMs : longestWaitMs;
    this.renew(model, certificates);
  }

  /**
   * What counts for new connections. Nothing here can fail: `certificates` has been tried. Gives back whether a TLS
   * connection made before for a server name with some options would be made with the same ones now.
   */
  renew(
    model: EntryPointModel,
    certificates: Certificates,
  ): (serverName: string, options: string) => boolean {
    this.#speaks = !model.tls ? 'clear' : model.clear === true ? 'both' : 'tls';
    if (!model.tls) return () => true;
    if (this.#tls !== undefined) return this.#tls.renew(model, certificates);
    this.#tls = new TlsAcceptor(model, certificates, this.#host.deadlines, this.#host);
    return () => true;
  }

  /** Takes an accepted libuv handle, of which nothing was read. */
  accept(handle: object): void {
    if (this.#speaks === 'clear') this.#host.clear(new IncomingHandle(handle), nothing);
    // `handle` is how net.Server itself makes its sockets; its types leave it out.
    else if (this.#speaks === 'tls')
      this.#tls?.accept(
        new IncomingSocket(new Socket({ handle } as unknown as { readable: boolean })),
        nothing,
      );
    else this.#look(new IncomingHandle(handle));
  }

  /** Takes a connection of which `read` was read, maybe nothing, behind a PROXY header. */
  admit(incoming: IncomingHandle, read: Buffer): void {
    if (this.#speaks === 'both' && read.length === 0) this.#look(incoming);
    else if (this.#speaks === 'tls' || (this.#speaks === 'both' && read[0] === tlsRecord))
      this.#tls?.accept(incoming, read);
    else this.#host.clear(incoming, read);
  }

  /** Ends connections that have said nothing yet. */
  close(): void {
    for (const waiting of [...this.#waiting]) waiting.end();
    this.#tls?.close();
  }

  #look(incoming: IncomingHandle): void {
    const { deadlines } = this.#host;
    const waiting: FirstByte = new FirstByte(incoming, deadlines, this.#waitMs, (read) => {
      this.#waiting.delete(waiting);
      if (read !== undefined) this.admit(incoming, read);
    });
    this.#waiting.add(waiting);
  }
}
