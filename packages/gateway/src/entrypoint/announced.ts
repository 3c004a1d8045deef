/** Connections that may begin with a PROXY header: it is read before anything else of them, TLS included. */
import type { ProxyProtocolModel } from '../model/entry-point-rules.ts';
import { compileTrust } from '../net/cidr.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import { type AnnouncedAddress, readProxyHeader } from '../net/proxy-header.ts';
import { type Incoming, IncomingHandle } from '../net/reads.ts';

const never = Number.POSITIVE_INFINITY;
const lifeEvents = ['end', 'error', 'close'];
/** Where entrypoints wait for a head without limit. */
const longestWaitMs = 10_000;

/** An accepted libuv handle, as far as it says whose it is. */
interface AddressedHandle {
  getpeername(out: NamedAddress): number;
  getsockname(out: NamedAddress): number;
}

interface NamedAddress {
  address?: string;
  port?: number;
  family?: string;
}

/** Who gets a connection once its header is read. */
export interface AnnouncedOwner {
  readonly deadlines: Deadlines;
  /** The socket says the announced addresses. `rest`: what came behind the header, or instead of one. */
  announced(incoming: IncomingHandle, rest: Buffer): void;
  unannounced(detail: string): void;
}

export class AnnouncedConnections {
  readonly #trusts: (address: string) => boolean;
  readonly #waitMs: number;
  readonly #owner: AnnouncedOwner;
  readonly #waiting = new Set<Waiting>();

  /** `waitMs` for a whole header, 0 for the longest. */
  constructor(model: ProxyProtocolModel, waitMs: number, owner: AnnouncedOwner) {
    this.#trusts = compileTrust(model, 'proxyProtocol');
    this.#waitMs = waitMs > 0 ? waitMs : longestWaitMs;
    this.#owner = owner;
  }

  /** `handle`: a connection just accepted, of which nothing was read. */
  accept(handle: object): void {
    const peer = addressOf(handle as AddressedHandle);
    const incoming = new IncomingHandle(handle);
    const waiting = new Waiting(incoming, this.#owner.deadlines.now + this.#waitMs, (read, detail) => {
      this.#waiting.delete(waiting);
      this.#owner.deadlines.delete(waiting);
      if (read === undefined) {
        incoming.socket.destroy();
        if (detail !== '') this.#owner.unannounced(`${detail} from ${peer}`);
        return;
      }
      this.#owner.announced(incoming, read);
    });
    waiting.begin((client, destination) => {
      // Whoever is not believed has a header that is read and forgotten, as with Traefik.
      if (!this.#trusts(peer)) return;
      if (client !== undefined && destination !== undefined)
        rename(handle as AddressedHandle, client, destination);
    });
    this.#waiting.add(waiting);
    this.#owner.deadlines.add(waiting);
  }

  /** Ends those that have not said who they are. */
  close(): void {
    for (const waiting of [...this.#waiting]) waiting.expired();
  }
}

type Announce = (client: AnnouncedAddress | undefined, destination: AnnouncedAddress | undefined) => void;

class Waiting implements Timed {
  deadline: number;
  readonly #incoming: Incoming;
  readonly #done: (rest: Buffer | undefined, detail: string) => void;
  readonly #left = () => this.#end(undefined, '');
  #read: Buffer = Buffer.alloc(0);
  #over = false;

  constructor(
    incoming: Incoming,
    deadline: number,
    done: (rest: Buffer | undefined, detail: string) => void,
  ) {
    this.#incoming = incoming;
    this.deadline = deadline;
    this.#done = done;
  }

  begin(announce: Announce): void {
    const { socket } = this.#incoming;
    for (const event of lifeEvents) socket.on(event, this.#left);
    this.#incoming.onData((chunk) => this.#data(chunk, announce));
  }

  expired(): void {
    this.#end(undefined, this.#read.length > 0 ? 'a PROXY header that does not come to its end' : '');
  }

  #data(chunk: Buffer, announce: Announce): void {
    if (this.#over) return;
    // Always a copy: the chunk's memory is read into again.
    const all = Buffer.concat([this.#read, chunk]);
    const read = readProxyHeader(all);
    if (read === 'more') {
      this.#read = all;
      return;
    }
    if (read === 'none') this.#end(all, '');
    else if ('malformed' in read) this.#end(undefined, `PROXY header: ${read.malformed}`);
    else {
      announce(read.client, read.destination);
      this.#end(all.subarray(read.length), '');
    }
  }

  #end(rest: Buffer | undefined, detail: string): void {
    if (this.#over) return;
    this.#over = true;
    this.deadline = never;
    this.#read = Buffer.alloc(0);
    // What is destroyed may still say why.
    if (rest !== undefined) for (const event of lifeEvents) this.#incoming.socket.off(event, this.#left);
    this.#done(rest, detail);
  }
}

function addressOf(handle: AddressedHandle): string {
  const name: NamedAddress = {};
  handle.getpeername(name);
  const address = name.address ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/**
 * From now on everybody who asks the socket, or a TLS socket around it, for its addresses gets the announced ones: each
 * asks the handle.
 */
function rename(handle: AddressedHandle, client: AnnouncedAddress, destination: AnnouncedAddress): void {
  handle.getpeername = (out) => named(out, client);
  handle.getsockname = (out) => named(out, destination);
}

function named(out: NamedAddress, { address, port }: AnnouncedAddress): number {
  out.address = address;
  out.port = port;
  out.family = address.includes(':') ? 'IPv6' : 'IPv4';
  return 0;
}
