/** Decides with which TLS options a connection of one entrypoint shakes hands. */
import type { EntryPointModel } from '../model/model.ts';
import type { TlsOptionsModel } from '../model/tls-models.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { Releasable } from '../net/reads.ts';
import type { Certificates } from './certificates.ts';
import { type HandshakeHost, Handshakes } from './handshakes.ts';
import { HelloReader } from './hello-reader.ts';
import { type TlsHosts, tlsHostsOf } from './tls-hosts.ts';

export class TlsAcceptor {
  readonly #host: HandshakeHost;
  readonly #deadlines: Deadlines;
  readonly #waiting = new Set<HelloReader>();
  #handshakes: ReadonlyMap<string, Handshakes> = new Map();
  #hosts: TlsHosts;

  constructor(model: EntryPointModel, certificates: Certificates, deadlines: Deadlines, host: HandshakeHost) {
    this.#host = host;
    this.#deadlines = deadlines;
    this.#hosts = tlsHostsOf(model, certificates.options);
    this.#renew(certificates);
  }

  /**
   * New certificates and options for new handshakes. Nothing here can fail: `certificates` has tried them all. Gives back
   * whether a connection made before for a server name with some options would be made with the same ones now.
   */
  renew(
    model: EntryPointModel,
    certificates: Certificates,
  ): (serverName: string, options: string) => boolean {
    const before = this.#handshakes;
    const hosts = tlsHostsOf(model, certificates.options);
    this.#hosts = hosts;
    const handshakes = this.#renew(certificates);
    return (serverName, options) =>
      hosts.of(serverName) === options && handshakes.get(options) === before.get(options);
  }

  /** Takes a connection of which `read` was read, maybe nothing. */
  accept(incoming: Releasable, read: Buffer): void {
    // With one set of options the name makes no difference, and nothing is read twice.
    if (!this.#hosts.several) {
      this.#handshakes.get(this.#hosts.others)!.accept(incoming.release(read));
      return;
    }
    const reader: HelloReader = new HelloReader(incoming, this.#deadlines, {
      found: (name, all) => {
        this.#waiting.delete(reader);
        this.#handshakes.get(this.#hosts.of(name))!.accept(incoming.release(all));
      },
      failed: (why) => {
        this.#waiting.delete(reader);
        this.#host.failed(why, incoming.socket);
      },
    });
    this.#waiting.add(reader);
    if (read.length > 0) reader.push(read);
  }

  /** Ends connections that have not said what they want. */
  close(): void {
    for (const reader of this.#waiting) reader.cancel();
    this.#waiting.clear();
  }

  #renew(certificates: Certificates): ReadonlyMap<string, Handshakes> {
    const handshakes = new Map<string, Handshakes>();
    for (const options of certificates.options) {
      if (!this.#hosts.used.has(options.name)) continue;
      const running = this.#handshakes.get(options.name);
      if (running !== undefined && sameOptions(running.options, options)) {
        running.renew(certificates);
        handshakes.set(options.name, running);
      } else {
        handshakes.set(options.name, new Handshakes(options, certificates, this.#host));
      }
    }
    this.#handshakes = handshakes;
    return handshakes;
  }
}

function sameOptions(a: TlsOptionsModel, b: TlsOptionsModel): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
