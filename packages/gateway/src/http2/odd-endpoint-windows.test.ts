/** An h2c endpoint’s windows and stream limits, as odd as they come: all is sent that may be, nothing more, and nothing hangs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { before } from '../testing/h2-before.ts';
import { H2Raw, pseudo } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const { errors, settings } = wire;
const get = (path = '/', method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
const post = (body: string) => `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('windows shrunk to nothing in the middle of a body, and opened again', async () => {
  await using t = await before({
    credits: false,
    head: (peer, view) => {
      const start = Date.now();
      const grow = () => {
        if (view.body.length < 65_535 && Date.now() - start < 5000) return setImmediate(grow);
        // The window is used up: now it is 65535 below zero, and then far above.
        peer.send(wire.settingsFrame([[settings.initialWindowSize, 0]]), wire.windowUpdate(0, 1_000_000));
        peer.send(wire.settingsFrame([[settings.initialWindowSize, 100_000]]));
        peer.send(wire.windowUpdate(view.id, 1_000_000));
        return undefined;
      };
      grow();
    },
    whole: (peer, view) => peer.respond(view.id, '200', String(view.body.length)),
  });
  const response = await exchange(t.port, post('x'.repeat(300_000)));
  assert.deepEqual([response.status, String(response.body)], [200, '300000']);
});

test('an answer before the body: the window never opens', async () => {
  await using t = await before({
    credits: false,
    settings: [[settings.initialWindowSize, 0]],
    head: (peer, view) => {
      peer.respond(view.id, '413', 'too much');
      peer.send(wire.rst(view.id, errors.none));
    },
  });
  const response = await exchange(t.port, post('x'.repeat(100_000)));
  assert.deepEqual([response.status, String(response.body)], [413, 'too much']);
  await t.unharmed();
});

test('a window that never opens is 504 when the answer is overdue', async () => {
  await using t = await before({
    credits: false,
    settings: [[settings.initialWindowSize, 0]],
    head: () => undefined,
  });
  using client = await rawClient(t.port);
  client.send(post('x'.repeat(100_000)));
  await eventually(() => t.hostile.requests.length === 1, 'the head');
  await t.pass(5000);
  assert.equal((await client.response('POST')).status, 504);
  await t.unharmed();
});

test('one stream at a time, where the endpoint wants no more', async () => {
  let most = 0;
  await using t = await before({
    settings: [[settings.maxConcurrentStreams, 1]],
    whole: (peer, view) => {
      const open = [...peer.streams.values()].filter(
        (one) => one.reset === undefined && one.blocks.length > 0,
      );
      const unanswered = open.filter((one) => !answered.has(`${peer.index} ${one.id}`));
      most = Math.max(most, peer.index === 0 && firstSettled ? unanswered.length : 0);
      setTimeout(() => {
        answered.add(`${peer.index} ${view.id}`);
        peer.respond(view.id);
      }, 2);
    },
  });
  const answered = new Set<string>();
  let firstSettled = false;
  assert.equal((await exchange(t.port, get())).status, 200);
  // From here on the gateway knows the limit.
  firstSettled = true;
  const all = await Promise.all(Array.from({ length: 20 }, () => exchange(t.port, get())));
  assert.deepEqual([...new Set(all.map(({ status }) => status))], [200]);
  assert.ok(most <= 1, `${most} at once`);
  await t.unharmed();
});

test('no stream at all, where the endpoint wants none, is no hang', async () => {
  await using t = await before({ settings: [[settings.maxConcurrentStreams, 0]], head: () => undefined });
  using client = await rawClient(t.port);
  client.send(get());
  let status = 0;
  void client.response().then((response) => {
    status = response.status;
  });
  for (let i = 0; i < 20 && status === 0; i++) await t.pass(2000);
  assert.ok(status === 502 || status === 503 || status === 504, `${status}`);
  await t.unharmed();
});

test('DATA beyond our window is cut off, however slow the client', { timeout: 20_000 }, async () => {
  const piece = Buffer.alloc(16_384, 'x');
  await using t = await before({
    whole: (peer, view) => {
      peer.headers(view.id, [[':status', '200']], false);
      // 64 MiB into a window of a MiB or so: no client has read any of it.
      for (let i = 0; i < 4096; i++) peer.send(wire.data(view.id, piece));
    },
  });
  using client = await H2Raw.connect(t.port, { credits: false });
  const view = await client.outcome(client.open(pseudo('/')), 15_000);
  assert.equal(typeof view.reset, 'number');
  assert.ok(view.body.length <= 65_535);
  const [peer] = t.hostile.peers;
  const refused = (one: wire.Frame) => wire.codeOf(one) === errors.flowControl;
  await eventually(() => peer?.frames.some(refused) === true, 'FLOW_CONTROL_ERROR');
  await t.unharmed();
});

test('uploads that an endpoint does not take stall no other one of the same client', {
  timeout: 20_000,
}, async () => {
  await using t = await before({
    settings: [[settings.initialWindowSize, 0]],
    credits: false,
    head: () => undefined,
  });
  const session = connect(`http://127.0.0.1:${t.port}`, { maxSessionMemory: 1000 });
  session.on('error', () => undefined);
  // 60 MiB for a connection that holds 16.
  for (let i = 0; i < 60; i++) {
    const stuck = session.request({ ':method': 'POST', ':path': '/stuck' });
    stuck.on('error', () => undefined);
    stuck.write(Buffer.alloc(2 ** 20));
  }
  await eventually(() => t.hostile.requests.length === 60, 'the uploads that stall');
  for (let i = 0; i < 2; i++) {
    const fast = session.request({ ':method': 'POST', ':path': '/good' });
    fast.end(Buffer.alloc(8 * 2 ** 20));
    const [head] = await once(fast, 'response');
    assert.equal(head[':status'], 200);
    fast.resume();
    assert.equal(t.good.requests.at(-1)?.body.length, 8 * 2 ** 20);
  }
  session.destroy();
  await t.unharmed();
});
