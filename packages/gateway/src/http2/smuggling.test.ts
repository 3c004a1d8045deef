import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { accepted } from '../testing/h2-accepted-corpus.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { block } from '../testing/h2-hpack-writer.ts';
import type { StreamView } from '../testing/h2-peer.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import type { Smuggled } from '../testing/h2-smuggling-fields.ts';
import * as fieldCorpus from '../testing/h2-smuggling-fields.ts';
import * as framingCorpus from '../testing/h2-smuggling-framing.ts';
import * as wire from '../testing/h2-wire.ts';
import { endpointModel, loadBalancer, limits as usual } from '../testing/models.ts';

const { request: _, ...fieldGroups } = fieldCorpus;
const groups: Readonly<Record<string, readonly Smuggled[]>> = { ...fieldGroups, ...framingCorpus };
const limits = { http2: { ...usual.http2, maxResetsPerSecond: 0 } };

/** Sends a request as the corpus has it, all in one write, and returns its stream. */
function send(client: H2Raw, one: Pick<Smuggled, 'fields' | 'data' | 'trailers' | 'open'>): number {
  const id = client.takeId();
  const { data, trailers } = one;
  const { endHeaders, endStream } = wire.flags;
  const head = endHeaders | (data === undefined ? endStream : 0);
  const frames = [wire.frame(wire.types.headers, head, id, block(one.fields))];
  data?.forEach((text, i) => {
    frames.push(wire.data(id, text, i === data.length - 1 && trailers === undefined));
  });
  if (trailers !== undefined) {
    const end = endHeaders | (one.open === true ? 0 : endStream);
    frames.push(wire.frame(wire.types.headers, end, id, block(trailers)));
  }
  client.send(...frames);
  return id;
}

function judge(view: StreamView, outcome: Smuggled['outcome']): void {
  const status = view.ended ? statusOf(view) : 0;
  if (typeof outcome === 'number') assert.equal(status, outcome);
  // An answer in full may be followed by RST_STREAM NO_ERROR: the rest of the request is not wanted.
  else if (outcome === 'refused' && status !== 0) assert.ok(status >= 400 && status < 500, `${status}`);
  else {
    assert.deepEqual({ status, reset: view.reset }, { status: 0, reset: wire.errors.protocol });
    assert.equal(view.blocks.length, 0, 'no answer before the reset');
  }
}

/** Several connections of which a test takes one after the other; one that died is replaced. */
async function connections(port: number, count: number) {
  const clients = await Promise.all(Array.from({ length: count }, () => H2Raw.connect(port)));
  let turn = 0;
  return {
    async next(): Promise<H2Raw> {
      const at = turn++ % count;
      if (clients[at]?.closed) clients[at] = await H2Raw.connect(port);
      return clients[at] as H2Raw;
    },
    [Symbol.dispose]() {
      for (const client of clients) client.socket.destroy();
    },
  };
}

test('the corpus is as large as promised', () => {
  assert.ok(Object.values(groups).flat().length >= 100);
});

test('a smuggled request is reset, and the HTTP/1.1 endpoint never hears of it', async (t) => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], limits });
  using clients = await connections(gateway.port, 4);
  for (const [group, cases] of Object.entries(groups)) {
    for (const one of cases) {
      await t.test(`${group}: ${one.why}`, async () => {
        const client = await clients.next();
        judge(await client.outcome(send(client, one), 2000), one.outcome);
        // The stream is over, the connection is not: its header tables still agree.
        assert.equal(statusOf(await client.get('/good')), 200);
        assert.deepEqual(
          endpoint.requests.splice(0).map(({ url }) => url),
          ['/good'],
        );
      });
    }
  }
  await eventually(() => endpoint.sockets.size <= 4, 'requests that were broken off to be cancelled');
  assert.equal((await gateway.plane.stats()).requests.inFlight, 0);
});

test('a smuggled request never becomes whole at an h2c endpoint either', async (t) => {
  const whole: string[] = [];
  await using endpoint = await h2Endpoint({
    whole: (peer, view) => {
      whole.push(view.blocks[0]?.find(([name]) => name === ':path')?.[1] ?? '');
      peer.respond(view.id);
    },
  });
  const services = [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])];
  await using gateway = await startGateway({ services, limits });
  using clients = await connections(gateway.port, 4);
  for (const [group, cases] of Object.entries(groups)) {
    await t.test(group, async () => {
      for (const one of cases) {
        const client = await clients.next();
        const view = await client.outcome(send(client, one), 2000);
        try {
          judge(view, one.outcome);
        } catch (error) {
          throw new Error(one.why, { cause: error });
        }
        assert.equal(statusOf(await client.get('/good')), 200, one.why);
      }
      assert.deepEqual([...new Set(whole.splice(0))], ['/good']);
    });
  }
});

for (const one of accepted) {
  test(`served: ${one.why}`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await H2Raw.connect(gateway.port);
    const id = send(client, one);
    const view = await client.outcome(id);
    assert.deepEqual([view.reset, statusOf(view)], [undefined, 200]);
    assert.equal(statusOf(await client.get('/next')), 200);
    const [seen, next] = endpoint.requests;
    assert.equal(next?.url, '/next');
    assert.equal(`${seen?.method} ${seen?.url}`, one.line ?? 'GET /evil');
    assert.equal(seen?.body.toString('latin1'), one.body ?? '');
    const names = seen?.rawHeaders.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)) ?? [];
    assert.deepEqual(
      names.filter((name, i) => i % 2 === 0 && name.includes('_')),
      [],
    );
    for (const [name, value] of Object.entries(one.sees ?? {})) {
      const values = names.filter((_name, i) => i % 2 === 1 && names[i - 1] === name);
      assert.deepEqual(values, value === undefined ? [] : [value], name);
    }
    assert.deepEqual(
      seen?.rawTrailers.map((text) => text.toLowerCase()),
      one.seesTrailers ?? [],
    );
  });
}
