import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startGateway } from '../testing/gateway.ts';
import { block, type Field } from '../testing/h2-hpack-writer.ts';
import { oracleEndpoint } from '../testing/h2-oracle.ts';
import { fieldOf, type H2Peer } from '../testing/h2-peer.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { limits as usual } from '../testing/models.ts';

const limits = { http2: { ...usual.http2, maxResetsPerSecond: 0, maxEmptyFramesPerSecond: 0 } };

/** Text with a good chance of something that HTTP/1.1 reads otherwise. */
const evil = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.stringMatching(/^[a-z0-9/-]{1,4}$/) },
      fc.constantFrom(
        ...['\r\n', '\r', '\n', '\0', ' ', '\t', ':', ',', ';', '#', '?', '@', '%', '_', 'X', '\x7f', '\x80'],
        ...['\r\n\r\n', '\r\nhost: evil', 'GET /evil2 HTTP/1.1', 'chunked', 'trailers', '0\r\n\r\n'],
      ),
      fc.nat(255).map((code) => String.fromCharCode(code)),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));

const name = fc.oneof(
  fc.constantFrom(
    ...['host', 'content-length', 'transfer-encoding', 'connection', 'te', 'cookie', 'x-a', 'content_length'],
    ...[
      ':method',
      ':path',
      ':authority',
      ':scheme',
      ':protocol',
      'expect',
      'upgrade',
      'trailer',
      'keep-alive',
    ],
  ),
  fc.stringMatching(/^[a-z-]{1,6}$/).map((text) => `x-${text}`),
  evil,
);
const value = fc.oneof(fc.constantFrom('h', '3', '0', 'trailers', 'websocket', '100-continue', ''), evil);
const field: fc.Arbitrary<Field> = fc.tuple(name, value);
const rarely = (usual: string) => fc.oneof({ weight: 15, arbitrary: fc.constant(usual) }, value);

const request = fc.record({
  pseudo: fc.tuple(
    rarely('GET'),
    rarely('http'),
    rarely('h'),
    fc.oneof(
      rarely('/a'),
      evil.map((text) => `/${text}`),
    ),
  ),
  fields: fc.array(field, { maxLength: 3 }),
  data: fc.option(
    fc.array(fc.constantFrom('', 'abc', '\r\n\r\nGET /evil2 HTTP/1.1\r\n\r\n'), { maxLength: 2 }),
    {
      nil: undefined,
    },
  ),
  trailers: fc.option(fc.array(field, { maxLength: 2 }), { nil: undefined, freq: 3 }),
  shuffled: fc.option(fc.nat(4), { nil: undefined, freq: 8 }),
});

function send(client: H2Raw, one: typeof request extends fc.Arbitrary<infer T> ? T : never): number {
  const id = client.takeId();
  const [method, scheme, authority, path] = one.pseudo;
  const head: Field[] = [
    [':method', method],
    [':scheme', scheme],
    [':authority', authority],
    [':path', path],
    ...one.fields,
  ];
  if (one.shuffled !== undefined) head.push(...head.splice(one.shuffled, 1));
  const { endHeaders, endStream } = wire.flags;
  const { data, trailers } = one;
  const last = data === undefined && trailers === undefined;
  const frames = [wire.frame(wire.types.headers, endHeaders | (last ? endStream : 0), id, block(head))];
  data?.forEach((text) => {
    frames.push(wire.data(id, text));
  });
  if (trailers !== undefined)
    frames.push(wire.frame(wire.types.headers, endHeaders | endStream, id, block(trailers)));
  else if (data !== undefined) frames.push(wire.data(id, '', true));
  client.send(...frames);
  return id;
}

/** Fields that the gateway writes or joins itself. */
const ours =
  /^(host|cookie|te|content-length|transfer-encoding|x-real-ip|x-forwarded-.*|connection|upgrade|sec-websocket-.*)$/;

const fromOracle = (client: H2Peer, id: number) => fieldOf(client.stream(id), 'x-oracle') === 'yes';

test('whatever bytes go in, the endpoint sees well-formed requests only, exactly as many as answered', async () => {
  await using oracle = await oracleEndpoint();
  await using gateway = await startGateway({ ports: [oracle.port], limits });
  let client = await H2Raw.connect(gateway.port);
  let answered = 0;
  let reset = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 6 }), async (all) => {
      if (client.closed) client = await H2Raw.connect(gateway.port);
      const answeredBefore = answered;
      const before = oracle.requests.length;
      const ids = all.map((one) => send(client, one));
      for (const id of ids) {
        const view = await client.outcome(id, 2000);
        // Answered in full (then RST_STREAM NO_ERROR may tell that the rest is not wanted) or reset.
        if (!view.ended) {
          assert.equal(view.reset, wire.errors.protocol);
          reset++;
        } else if (fromOracle(client, id)) {
          assert.equal(statusOf(view), 200);
          answered++;
        } else {
          assert.ok(statusOf(view) >= 400, `${statusOf(view)}`);
          refused++;
        }
      }
      assert.deepEqual(oracle.faults, []);
      // A length that lies about a body to come is found out when the body comes; then the answer is withheld.
      const lies = all.filter(
        ({ fields, data }) => data !== undefined && fields.some(([name]) => name === 'content-length'),
      );
      const extra = oracle.requests.length - before - (answered - answeredBefore);
      assert.ok(
        extra >= 0 && extra <= lies.length,
        `${extra} requests at the endpoint that were not answered`,
      );
      // Nothing is made up: what arrives was sent, or is the gateway's own to say.
      const sent = new Set(all.flatMap(({ fields }) => fields.map((one) => one.join(': '))));
      for (const { fields } of oracle.requests.slice(before)) {
        for (const [name, value] of fields)
          assert.ok(ours.test(name) || sent.has(`${name}: ${value}`), JSON.stringify([name, value]));
      }
    }),
    { numRuns: 250 },
  );
  client.socket.destroy();
  assert.ok(answered > 50 && reset > 50, `${answered} answered, ${reset} reset, ${refused} refused`);
  assert.equal((await gateway.plane.stats()).requests.inFlight, 0);
});
