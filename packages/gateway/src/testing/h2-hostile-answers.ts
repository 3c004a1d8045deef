/** Answers of an h2c endpoint that must never pass as a response: each makes a clean 502 before a head was passed on. */
import type { H2ServerPeer } from './h2-endpoint.ts';
import { block, type Field, indexed, literal } from './h2-hpack-writer.ts';
import type { StreamView } from './h2-peer.ts';
import * as wire from './h2-wire.ts';

const { types, flags, errors, settings } = wire;

export interface HostileAnswer {
  readonly why: string;
  /** Called with each request's head. */
  readonly answer: (peer: H2ServerPeer, view: StreamView) => void;
}

/** HEADERS with these fields and END_STREAM instead of a response. */
const fields = (why: string, ...all: readonly Field[]): HostileAnswer => ({
  why,
  answer: (peer, view) => peer.headers(view.id, all),
});

/** A response head with one more field. */
const extra = (why: string, name: string, value: string) => fields(why, [':status', '200'], [name, value]);

const bytes = (why: string, make: (stream: number) => Buffer): HostileAnswer => ({
  why,
  answer: (peer, view) => peer.send(make(view.id)),
});

const answerAll = block([[':status', '200']]);

export const hostileAnswers: readonly HostileAnswer[] = [
  fields('no :status', ['x', 'y']),
  fields('nothing in the head'),
  fields(':status twice', [':status', '200'], [':status', '200']),
  ...['abc', '', '99', '1000', '+200', '2 0', '200 OK', '000', '2e2', '0200', '200\r\nx: y'].map((status) =>
    fields(`:status ${JSON.stringify(status)}`, [':status', status]),
  ),
  extra('a request pseudo-header', ':path', '/'),
  extra('an unknown pseudo-header', ':evil', 'x'),
  fields(':status behind a field', ['x', 'y'], [':status', '200']),
  extra('upper case in a name', 'X-A', 'y'),
  extra('an empty name', '', 'y'),
  extra('a space in a name', 'x a', 'y'),
  extra('a colon in a name', 'x:a', 'y'),
  extra('CR LF in a name', 'x: y\r\nz', 'y'),
  extra('CR LF in a value: a second response', 'x', 'a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
  extra('LF in a value', 'x', 'a\nb'),
  extra('NUL in a value', 'x', 'a\0b'),
  extra('CR LF in set-cookie', 'set-cookie', 'a\r\nx: y'),
  extra('connection', 'connection', 'close'),
  extra('keep-alive', 'keep-alive', 'timeout=5'),
  extra('transfer-encoding', 'transfer-encoding', 'chunked'),
  extra('upgrade', 'upgrade', 'websocket'),
  extra('proxy-connection', 'proxy-connection', 'close'),
  extra('content-length that is no number', 'content-length', 'abc'),
  extra('content-length with a sign', 'content-length', '+0'),
  extra('content-length as a list', 'content-length', '0, 0'),
  extra('a length and END_STREAM on HEADERS', 'content-length', '5'),
  fields('two lengths', [':status', '200'], ['content-length', '0'], ['content-length', '5']),
  fields('101: no such thing in HTTP/2', [':status', '101']),
  fields('an interim response that ends the stream', [':status', '103']),
  {
    why: 'DATA before any head',
    answer: (peer, view) => {
      peer.send(wire.data(view.id, 'x'));
      peer.respond(view.id);
    },
  },
  bytes('a reset', (stream) => wire.rst(stream, errors.internal)),
  bytes('a reset without error', (stream) => wire.rst(stream, errors.none)),
  bytes('a push', (stream) =>
    wire.frame(
      types.push,
      flags.endHeaders,
      stream,
      Buffer.concat([wire.uint32(2), block([[':method', 'GET']])]),
    ),
  ),
  bytes('HEADERS on a stream nobody opened', (stream) =>
    wire.frame(types.headers, 5, stream + 100, answerAll),
  ),
  bytes('HEADERS on a stream of its own', () => wire.frame(types.headers, 5, 2, answerAll)),
  bytes('DATA on a stream nobody opened', (stream) => wire.data(stream + 100, 'x', true)),
  bytes('DATA on stream 0', () => wire.data(0, 'x')),
  bytes('HEADERS on stream 0', () => wire.frame(types.headers, 5, 0, answerAll)),
  bytes('CONTINUATION without HEADERS', (stream) => wire.frame(types.continuation, 4, stream, answerAll)),
  bytes('an unfinished block, then another frame', (stream) =>
    Buffer.concat([wire.frame(types.headers, 1, stream, answerAll), wire.ping()]),
  ),
  bytes('an HPACK index beyond the tables', (stream) => wire.frame(types.headers, 5, stream, indexed(99))),
  bytes('a table larger than we allow', (stream) =>
    wire.frame(
      types.headers,
      5,
      stream,
      Buffer.concat([Buffer.from([0x3f, 0xff, 0xff, 0xff, 0x07]), answerAll]),
    ),
  ),
  bytes('a header bomb', (stream) => {
    const plant = literal(['x-bomb', 'b'.repeat(4000)], 0x40);
    const names = Buffer.concat(Array.from({ length: 10_000 }, () => indexed(62)));
    return wire.frame(types.headers, 5, stream, Buffer.concat([answerAll, plant, names]));
  }),
  {
    why: 'a head of 320 KB',
    answer: (peer, view) => {
      peer.frame(types.headers, flags.endStream, view.id, answerAll);
      const fill = block([['x', 'y'.repeat(16_000)]]);
      for (let i = 0; i < 20; i++)
        peer.frame(types.continuation, i === 19 ? flags.endHeaders : 0, view.id, fill);
    },
  },
  {
    why: 'CONTINUATION without end',
    answer: (peer, view) => {
      peer.frame(types.headers, flags.endStream, view.id, answerAll);
      for (let i = 0; i < 1000; i++) peer.frame(types.continuation, 0, view.id);
    },
  },
  bytes('a frame larger than we take', (stream) => wire.frame(types.headers, 5, stream, '', 0xffffff)),
  bytes('padding past its end', (stream) =>
    wire.frame(types.headers, 5 | flags.padded, stream, Buffer.from([200, 0x88])),
  ),
  bytes('WINDOW_UPDATE past 2^31-1 for the connection', () => wire.windowUpdate(0, 0x7fffffff)),
  bytes('WINDOW_UPDATE past 2^31-1 for the stream', (stream) => wire.windowUpdate(stream, 0x7fffffff)),
  bytes('WINDOW_UPDATE of nothing', (stream) => wire.windowUpdate(stream, 0)),
  bytes('SETTINGS nobody may say', () => wire.settingsFrame([[settings.enablePush, 1]])),
  bytes('SETTINGS of a broken length', () => wire.frame(types.settings, 0, 0, 'abc')),
  bytes('PING of a wrong length', () => wire.ping('123')),
  {
    why: 'GOAWAY with an error, this request included, and the end',
    answer: (peer, view) => {
      peer.send(wire.goaway(view.id, errors.internal));
      peer.socket.end();
    },
  },
  { why: 'the connection ends', answer: (peer) => peer.socket.end() },
  { why: 'the connection is reset', answer: (peer) => peer.socket.resetAndDestroy() },
];
