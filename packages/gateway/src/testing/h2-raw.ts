/** A raw HTTP/2 client: preface and SETTINGS by itself, everything else as a test says. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { within } from './eventually.ts';
import type { Field } from './h2-hpack-writer.ts';
import { fieldOf, H2Peer, type PeerOptions, type StreamView } from './h2-peer.ts';
import * as wire from './h2-wire.ts';

export interface RawOptions extends PeerOptions {
  /** TLS, with ALPN `h2`. */
  readonly tls?: { readonly ca: string; readonly servername: string };
  readonly settings?: readonly (readonly [number, number])[];
  /** Sends nothing by itself, not even the preface. */
  readonly silent?: boolean;
  /** Resolves before the server's SETTINGS came. */
  readonly hasty?: boolean;
}

/** Pseudo-headers of a plain request, in order. */
export function pseudo(path = '/', method = 'GET', authority = 'h'): Field[] {
  return [
    [':method', method],
    [':scheme', 'http'],
    [':authority', authority],
    [':path', path],
  ];
}

export class H2Raw extends H2Peer {
  #next = 1;

  static async connect(port: number, options: RawOptions = {}): Promise<H2Raw> {
    const { tls } = options;
    const socket: Socket =
      tls === undefined
        ? connect({ host: '127.0.0.1', port, noDelay: true })
        : tlsConnect({ host: '127.0.0.1', port, ALPNProtocols: ['h2'], ...tls });
    const client = new H2Raw(socket, options);
    socket.on('data', (chunk: Buffer) => client.push(chunk));
    await within(once(socket, tls === undefined ? 'connect' : 'secureConnect'), 'the connection');
    if (options.silent === true) return client;
    client.send(wire.preface, wire.settingsFrame(options.settings ?? []));
    if (options.hasty !== true) await client.nextFrame((one) => one.type === wire.types.settings);
    return client;
  }

  /** Opens the next stream with `fields` and returns its id. */
  open(fields: readonly Field[] = pseudo(), end = true): number {
    const id = this.takeId();
    this.headers(id, fields, end);
    return id;
  }

  takeId(): number {
    const id = this.#next;
    this.#next += 2;
    return id;
  }

  /** A plain request, answered in full. */
  async get(path = '/', fields: readonly Field[] = []): Promise<StreamView> {
    return await this.outcome(this.open([...pseudo(path), ...fields]));
  }
}

/** The status of a response. */
export const statusOf = (view: StreamView) => Number(fieldOf(view, ':status', view.blocks.findIndex(final)));

const final = (block: readonly (readonly [string, string])[]) =>
  block.some(([name, value]) => name === ':status' && !value.startsWith('1'));
