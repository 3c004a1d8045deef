/** Against nghttp2, through `node:http2`: what it encodes we decode, and what we encode it decodes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Headers } from '../../http/headers.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';
import { encodeBlock, type Field } from './test-blocks.ts';

const frames = { headers: 1, settings: 4 } as const;
const tableSize = 1;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function settings(bytes: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(tableSize, 0);
  payload.writeUInt32BE(bytes, 2);
  return frame(frames.settings, 0, 0, payload);
}

/** As much of an HTTP/2 client as HPACK needs: one request after the other. */
class Client {
  readonly #socket: net.Socket;
  readonly #frames: AsyncGenerator<{ type: number; flags: number; payload: Buffer }>;
  readonly #encoder: HpackEncoder;
  readonly decoder: HpackDecoder;
  #stream = -1;

  constructor(socket: net.Socket, encoder: HpackEncoder, tableBytes: number) {
    this.#socket = socket;
    this.#encoder = encoder;
    this.decoder = new HpackDecoder(tableBytes);
    this.#frames = read(socket);
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings(tableBytes)]));
  }

  /** Sends a request and returns the response's fields. */
  async request(fields: Field[]): Promise<Field[]> {
    this.#stream += 2;
    this.#socket.write(frame(frames.headers, 0x05, this.#stream, encodeBlock(this.#encoder, fields)));
    for await (const { type, flags, payload } of { [Symbol.asyncIterator]: () => this.#unended() }) {
      if (type === frames.settings) this.#settings(flags, payload);
      if (type !== frames.headers) continue;
      const into: Headers = [];
      assert.equal(this.decoder.decode(payload, 0, payload.length, into, 65536, 100), 'ok');
      return Array.from({ length: into.length / 3 }, (_, i) => into.slice(i * 3, i * 3 + 2) as Field);
    }
    throw new Error('the server closed the connection');
  }

  /** The frames, without ending them when the loop over them ends. */
  #unended(): AsyncIterator<{ type: number; flags: number; payload: Buffer }> {
    return { next: () => this.#frames.next() };
  }

  #settings(flags: number, payload: Buffer): void {
    if ((flags & 1) !== 0) {
      this.decoder.acknowledged();
      return;
    }
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) === tableSize)
        this.#encoder.setMaxTableBytes(payload.readUInt32BE(at + 2));
    }
    this.#socket.write(frame(frames.settings, 1, 0, Buffer.alloc(0)));
  }
}

async function* read(
  socket: net.Socket,
): AsyncGenerator<{ type: number; flags: number; payload: Buffer }, undefined> {
  let pending = Buffer.alloc(0);
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk as Buffer]);
    while (pending.length >= 9 && pending.length >= 9 + pending.readUIntBE(0, 3)) {
      const end = 9 + pending.readUIntBE(0, 3);
      yield { type: pending[3] as number, flags: pending[4] as number, payload: pending.subarray(9, end) };
      pending = pending.subarray(end);
    }
  }
  return undefined;
}

const words = [
  'alpha',
  'beta',
  'gamma',
  'x'.repeat(70),
  'Mon, 21 Oct 2013 20:13:21 GMT',
  '"caf\xe9"',
  'a; b=c, d',
];

/** Fields as a request or response may have them, some new, some not. */
function fieldsOf(turn: number): Field[] {
  return [
    ['x-constant', 'always the same'],
    ['x-turns', words[turn % words.length] as string],
    ['x-request-id', `id-${turn * 7919}-${'0123456789abcdef'.slice(turn % 16)}`],
    [`x-name-${turn % 40}`, words[(turn * 3) % words.length] as string],
    ['cache-control', turn % 2 === 0 ? 'no-cache' : 'max-age=60'],
    ['x-long', words.join(' ').repeat(turn % 5)],
    ['set-cookie', `session=${turn}`],
  ].filter(([, value]) => value !== '') as Field[];
}

for (const [theirs, ours] of [
  [4096, 4096],
  [0, 4096],
  [4096, 0],
  [100, 300],
  [65536, 65536],
] as const) {
  test(`with a table of ${theirs} bytes there and ${ours} here, both directions agree`, async () => {
    const seen: Field[][] = [];
    const server = http2.createServer({ settings: { headerTableSize: theirs } });
    server.on('stream', (stream, _headers, _flags, raw) => {
      const list = raw as unknown as string[];
      seen.push(Array.from({ length: list.length / 2 }, (_, i) => list.slice(i * 2, i * 2 + 2) as Field));
      const turn = seen.length;
      if (turn === 100) stream.session?.settings({ headerTableSize: 200 });
      stream.respond(Object.fromEntries([[':status', 200 + (turn % 3)], ...fieldsOf(turn)]), {
        endStream: true,
        sendDate: false,
      } as never);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    const client = new Client(socket, new HpackEncoder(65536), ours);
    try {
      for (let turn = 1; turn <= 200; turn++) {
        const request: Field[] = [
          [':method', turn % 4 === 0 ? 'DELETE' : 'GET'],
          [':scheme', 'http'],
          [':authority', 'localhost'],
          [':path', `/${turn % 3}`],
          ...fieldsOf(turn).filter(([name]) => name !== 'set-cookie'),
          ['cookie', `session=${turn}`],
        ];
        const response = await client.request(request);
        assert.deepEqual(seen[turn - 1], request);
        assert.deepEqual(
          response.filter(([name]) => name !== 'date'),
          [[':status', String(200 + (turn % 3))], ...fieldsOf(turn)],
        );
      }
      assert.equal(client.decoder.table.count > 0, ours > 0, 'their encoder used the table it was given');
    } finally {
      socket.destroy();
      server.close();
    }
  });
}
