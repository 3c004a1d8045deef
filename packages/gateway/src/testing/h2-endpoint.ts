/** An h2c endpoint that a test scripts frame by frame: as odd or hostile as it likes. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Field } from './h2-hpack-writer.ts';
import { H2Peer, type PeerOptions, type StreamView } from './h2-peer.ts';
import * as wire from './h2-wire.ts';

/** A connection that the gateway made to the endpoint. */
export class H2ServerPeer extends H2Peer {
  /** Number of the connection, from 0. */
  readonly index: number;
  #prefaceLeft = wire.preface.length;

  constructor(socket: Socket, index: number, options: PeerOptions) {
    super(socket, options);
    this.index = index;
  }

  /** A response in full. */
  respond(stream: number, status = '200', body: wire.Bytes = 'ok', fields: readonly Field[] = []): void {
    const empty = body.length === 0;
    this.headers(stream, [[':status', status], ...fields], empty);
    if (!empty) this.send(wire.data(stream, body, true));
  }

  override push(chunk: Buffer): void {
    const skip = Math.min(this.#prefaceLeft, chunk.length);
    this.#prefaceLeft -= skip;
    if (skip < chunk.length) super.push(chunk.subarray(skip));
  }
}

export interface H2EndpointOptions extends PeerOptions {
  readonly settings?: readonly (readonly [number, number])[];
  /** Says nothing after the handshake, not even SETTINGS. */
  readonly silent?: boolean;
  readonly tls?: TlsOptions;
  /** At each new connection, after our SETTINGS. */
  readonly connected?: (peer: H2ServerPeer) => void;
  /** A request's head came whole: `view.blocks[0]`. */
  readonly head?: (peer: H2ServerPeer, view: StreamView) => void;
  /** A request came whole. */
  readonly whole?: (peer: H2ServerPeer, view: StreamView) => void;
}

export interface H2Endpoint extends AsyncDisposable {
  readonly port: number;
  /** Every connection, also those that are closed. */
  readonly peers: readonly H2ServerPeer[];
  /** Whole heads that came, over all connections, as `method path`. */
  readonly requests: readonly string[];
}

/** Without `head` and `whole` each whole request is answered 200 `ok`. */
export async function h2Endpoint(options: H2EndpointOptions = {}): Promise<H2Endpoint> {
  const peers: H2ServerPeer[] = [];
  const requests: string[] = [];
  const whole = options.whole ?? (options.head === undefined ? answerOk : () => undefined);
  const accept = (socket: Socket) => {
    const peer = new H2ServerPeer(socket, peers.length, options);
    peers.push(peer);
    if (options.silent !== true) peer.send(wire.settingsFrame(options.settings ?? []));
    const heads = new Set<number>();
    const ended = new Set<number>();
    peer.onFrame = (one) => {
      const view = peer.streams.get(one.stream);
      if (view === undefined) return;
      if (view.blocks.length > 0 && !heads.has(view.id)) {
        heads.add(view.id);
        const value = (name: string) => view.blocks[0]?.find(([field]) => field === name)?.[1] ?? '';
        requests.push(`${value(':method')} ${value(':path')}`);
        options.head?.(peer, view);
      }
      if (view.ended && !ended.has(view.id)) {
        ended.add(view.id);
        whole(peer, view);
      }
    };
    socket.on('data', (chunk: Buffer) => peer.push(chunk));
    options.connected?.(peer);
  };
  const server =
    options.tls === undefined
      ? createServer({ noDelay: true }, accept)
      : createTlsServer({ ALPNProtocols: ['h2'], ...options.tls }, accept);
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    requests,
    async [Symbol.asyncDispose]() {
      for (const peer of peers) peer.socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

function answerOk(peer: H2ServerPeer, view: StreamView): void {
  peer.respond(view.id);
}
