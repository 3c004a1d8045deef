/** Random answers of an h2c endpoint: a client gets the one response they make, or an error; never bytes out of place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventually } from '../testing/eventually.ts';
import { before } from '../testing/h2-before.ts';
import { block, type Field } from '../testing/h2-hpack-writer.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { rawClient } from '../testing/raw-client.ts';

const { types, flags } = wire;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;

/** One frame on the request's stream, and what it means to who reads it strictly. */
interface Piece {
  readonly kind: 'head' | 'interim' | 'trailers' | 'data' | 'reset' | 'nothing' | 'wrong';
  readonly text: string;
  readonly length: number;
  readonly end: boolean;
  readonly frame: (stream: number) => Buffer;
}

const headers = (fields: readonly Field[], end: boolean) => (stream: number) =>
  wire.frame(types.headers, flags.endHeaders | (end ? flags.endStream : 0), stream, block(fields));

const bool = fc.boolean();
const length = fc.option(fc.nat(6), { nil: -1 });
const piece: fc.Arbitrary<Piece> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(length, bool).map(([bytes, end]) => {
      const told: Field[] = bytes < 0 ? [] : [['content-length', String(bytes)]];
      return {
        kind: 'head' as const,
        text: '',
        length: bytes,
        end,
        frame: headers([[':status', '200'], ...told], end),
      };
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('', 'abc', 'HTTP/1.1 200 OK\r\n\r\n'), bool, bool)
      .map(([text, end, pads]) => ({
        ...{ kind: 'data' as const, text, length: -1, end },
        frame: (stream: number) =>
          wire.frame(
            types.data,
            (end ? 1 : 0) | (pads ? flags.padded : 0),
            stream,
            pads ? wire.padded(text, 3) : text,
          ),
      })),
  },
  fc.tuple(bool).map(([end]) => ({
    kind: 'interim' as const,
    text: '',
    length: -1,
    end,
    frame: headers([[':status', '103']], end),
  })),
  fc.tuple(bool).map(([end]) => ({
    kind: 'trailers' as const,
    text: '',
    length: -1,
    end,
    frame: headers([['x-sum', '1']], end),
  })),
  fc.nat(13).map((code) => ({
    kind: 'reset' as const,
    text: '',
    length: -1,
    end: false,
    frame: (stream: number) => wire.rst(stream, code),
  })),
  fc
    .constantFrom<(stream: number) => Buffer>(
      () => wire.ping(),
      () => wire.settingsFrame([[wire.settings.initialWindowSize, 1000]]),
      (stream) => wire.windowUpdate(stream, 10),
      (stream) => wire.priority(stream, 0),
      () => wire.frame(99, 1, 0, 'x'),
    )
    .map((frame) => ({ kind: 'nothing' as const, text: '', length: -1, end: false, frame })),
  fc
    .constantFrom<(stream: number) => Buffer>(
      headers(
        [
          [':status', '200'],
          ['Bad', 'x'],
        ],
        true,
      ),
      headers([['x', 'a\r\nb']], true),
      (stream) => wire.frame(types.continuation, 4, stream, ''),
      (stream) => wire.data(stream + 2, 'x'),
      (stream) => wire.frame(types.data, flags.padded, stream, Buffer.from([9])),
      () => wire.frame(types.push, 4, 1, Buffer.alloc(4)),
    )
    .map((frame) => ({ kind: 'wrong' as const, text: '', length: -1, end: false, frame })),
);

/** The body these pieces make when all is as it should be until their end; undefined when there is no whole response. */
function meaning(pieces: readonly Piece[]): string | undefined {
  let head: Piece | undefined;
  let body = '';
  for (const one of pieces) {
    if (one.kind === 'nothing') continue;
    // Says nothing, so nothing can be misunderstood.
    if (one.kind === 'data' && head === undefined && one.text === '' && !one.end) continue;
    if (one.kind === 'interim' && head === undefined && !one.end) continue;
    if (one.kind === 'head' && head === undefined) head = one;
    else if (one.kind === 'data' && head !== undefined) body += one.text;
    else if (one.kind !== 'trailers' || head === undefined || !one.end) return undefined;
    if (one.end) return head.length < 0 || head.length === body.length ? body : undefined;
  }
  return undefined;
}

/** The body that is whole to HTTP/1.1 as soon as its told length is there, whatever follows. */
function counted(pieces: readonly Piece[]): string | undefined {
  const at = pieces.findIndex(({ kind }) => kind === 'head');
  const told = pieces[at]?.length ?? -1;
  if (told < 0) return undefined;
  let body = '';
  for (const one of pieces.slice(at + 1)) if (one.kind === 'data') body += one.text;
  return body.length < told ? undefined : body.slice(0, told);
}

const runs = 400;

test('an HTTP/1.1 client is never told more or other than one response', { timeout: 60_000 }, async () => {
  let pieces: readonly Piece[] = [];
  await using t = await before({
    decodes: false,
    head: (peer, view) => {
      peer.send(Buffer.concat(pieces.map((one) => one.frame(view.id))));
      // Whatever it was, it goes no further.
      setImmediate(() => peer.socket.end());
    },
  });
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (some) => {
      pieces = some;
      await eventually(() => t.hostile.peers.every(({ closed }) => closed), 'the connection before to end');
      using client = await rawClient(t.port);
      client.send(get('/'));
      const want = meaning(some);
      let response: Awaited<ReturnType<typeof client.response>> | undefined;
      try {
        do response = await client.response();
        while (response.status < 200);
      } catch (error) {
        assert.match(String(error), /^Error: closed/);
        response = undefined;
      }
      if (response === undefined || response.status !== 200) {
        assert.equal(want, undefined, `a whole response came as ${response?.status}`);
        if (response !== undefined) assert.ok(response.status === 502 || response.status === 504);
      } else if (want === undefined) {
        assert.equal(String(response.body), counted(some));
        assert.equal(client.received.length, 0);
      } else {
        assert.equal(String(response.body), want);
        whole++;
        // Nothing of it is left over to be taken for the next one's.
        assert.equal(client.received.length, 0);
        client.send(get('/good'));
        const next = await client.response();
        assert.deepEqual([next.status, String(next.body)], [200, 'ok']);
      }
    }),
    { numRuns: runs },
  );
  assert.ok(whole > runs / 100, `${whole} whole responses`);
  await t.unharmed();
});

test('an HTTP/2 client neither', { timeout: 60_000 }, async () => {
  let pieces: readonly Piece[] = [];
  await using t = await before({
    decodes: false,
    head: (peer, view) => {
      peer.send(Buffer.concat(pieces.map((one) => one.frame(view.id))));
      setImmediate(() => peer.socket.end());
    },
  });
  using client = await H2Raw.connect(t.port);
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (some) => {
      pieces = some;
      await eventually(() => t.hostile.peers.every(({ closed }) => closed), 'the connection before to end');
      const view = await client.get('/');
      const want = meaning(some);
      if (view.ended && statusOf(view) === 200) assert.equal(String(view.body), want);
      else {
        assert.equal(want, undefined, `a whole response came as ${view.ended ? statusOf(view) : 'a reset'}`);
        if (view.ended) assert.ok([502, 504].includes(statusOf(view)));
      }
    }),
    { numRuns: runs },
  );
  await t.unharmed();
});
