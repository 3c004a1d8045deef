import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET /a?b=1 HTTP/1.1\r\nHost: h\r\nX-Mirrored: liar\r\n\r\n';
const post = (body: string) => `POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function file(main: number, mirror: number, options = '', mirrorOptions = ''): string {
  return `
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: both } }
  services:
    both: { mirroring: { service: main, mirrors: [{ name: copy${mirrorOptions} }]${options} } }
${balancers({ main: [main], copy: [mirror] })}
`;
}

describe('mirroring', () => {
  test('copies say that they are copies, and are the request otherwise', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await recordingEndpoint((_, response) => response.writeHead(500).end('no'));
    await using gateway = await gatewayFrom(file(main.port, mirror.port));
    assert.equal((await exchange(gateway.port, get)).status, 200);
    assert.equal((await exchange(gateway.port, post('hello'))).body.toString(), 'ok');
    await eventually(() => mirror.requests.length === 2, 'both copies');
    const [first, second] = mirror.requests;
    assert.deepEqual([first?.method, first?.url], ['GET', '/a?b=1']);
    const marks = (first?.rawHeaders ?? []).flatMap((each, i, all) =>
      each.toLowerCase() === 'x-mirrored' ? [all[i + 1]] : [],
    );
    assert.deepEqual(marks, ['true']);
    assert.equal(second?.body.toString(), 'hello');
    assert.equal(main.requests[1]?.body.toString(), 'hello');
    await eventually(async () => {
      const [stats] = (await gateway.plane.stats()).mirrors;
      return stats?.codes['500'] === 2;
    }, 'both answers to be measured');
    const [stats] = (await gateway.plane.stats()).mirrors;
    assert.deepEqual([stats?.service, stats?.mirror, stats?.sent], [['both', 'file'], 'copy', 2]);
    assert.equal(stats?.bytes, 4);
    assert.equal(stats?.main.codes['200'], 2);
  });

  test('percent is exact over every hundred, and methods narrow it', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await recordingEndpoint();
    await using gateway = await gatewayFrom(
      file(main.port, mirror.port, '', ', percent: 25, methods: [get]'),
    );
    using client = await rawClient(gateway.port);
    for (let i = 0; i < 100; i++) {
      client.send(get);
      await client.response();
      client.send(post('x'));
      await client.response();
    }
    await eventually(() => mirror.requests.length >= 25, 'the copies');
    assert.equal(mirror.requests.length, 25);
    assert.ok(mirror.requests.every(({ method }) => method === 'GET'));
  });

  test('with hashOn a client is copied always or never', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await recordingEndpoint();
    await using gateway = await gatewayFrom(
      file(main.port, mirror.port, '', ', percent: 50, hashOn: "header:X-User"'),
    );
    using client = await rawClient(gateway.port);
    for (let user = 0; user < 40; user++) {
      for (let i = 0; i < 3; i++) {
        client.send(`GET /${user} HTTP/1.1\r\nHost: h\r\nX-User: u${user}\r\n\r\n`);
        await client.response();
      }
    }
    await eventually(async () => {
      const [stats] = (await gateway.plane.stats()).mirrors;
      return stats?.sent === stats?.codes['200'];
    }, 'all copies to be answered');
    const copied = new Map<string, number>();
    for (const { url } of mirror.requests) copied.set(url, (copied.get(url) ?? 0) + 1);
    assert.ok(copied.size > 8 && copied.size < 32, `${copied.size} of 40 users`);
    assert.deepEqual(new Set(copied.values()), new Set([3]));
  });

  test('without bodies a copy has none', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(main.port, mirror.port, ', mirrorBody: false'));
    assert.equal((await exchange(gateway.port, post('hello'))).status, 200);
    await eventually(() => mirror.requests.length === 1, 'the copy');
    assert.equal(mirror.requests[0]?.body.length, 0);
  });

  test('a mirror that hangs delays nobody, holds what it may, and is given up in time', async () => {
    const clock = new ManualClock();
    await using main = await recordingEndpoint();
    await using mirror = await scriptedEndpoint(() => undefined);
    await using gateway = await gatewayFrom(file(main.port, mirror.port, ', maxInFlight: 3, timeout: 5s'), {
      clock,
    });
    using client = await rawClient(gateway.port);
    for (let i = 0; i < 10; i++) {
      client.send(get);
      assert.equal((await client.response()).status, 200);
    }
    const before = (await gateway.plane.stats()).mirrors[0];
    assert.deepEqual([before?.sent, before?.dropped['busy']], [3, 7]);
    clock.advance(5000);
    const after = (await gateway.plane.stats()).mirrors[0];
    assert.equal(after?.dropped['timeout'], 3);
    await eventually(() => mirror.sockets.size === 0, 'the given up connections to close');
    client.send(get);
    await client.response();
    assert.equal((await gateway.plane.stats()).mirrors[0]?.sent, 4);
  });

  test('a body that a mirror does not take is dropped from the copy, never from the request', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await scriptedEndpoint((peer) => peer.socket.pause());
    await using gateway = await gatewayFrom(file(main.port, mirror.port));
    const size = 32 * 1_048_576;
    using client = await rawClient(gateway.port);
    client.send(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
    client.send(Buffer.alloc(size, 'x'));
    assert.equal((await client.response()).status, 200);
    assert.equal(main.requests[0]?.body.length, size);
    assert.equal((await gateway.plane.stats()).mirrors[0]?.dropped['body-too-large'], 1);
  });

  test('a body larger than maxBodySize is never copied, one of that size always', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(main.port, mirror.port, ', maxBodySize: 10'));
    using client = await rawClient(gateway.port);
    for (let i = 0; i < 15; i++) {
      client.send(post('eleven bytes'.slice(0, 11)));
      assert.equal((await client.response()).status, 200);
    }
    const { sent, dropped } = (await gateway.plane.stats()).mirrors[0] ?? {};
    assert.deepEqual([sent, dropped?.['body-too-large']], [0, 15]);
    for (let i = 0; i < 5; i++) {
      client.send(post('ten bytes.'));
      assert.equal((await client.response()).status, 200);
    }
    await eventually(() => mirror.requests.length === 5, 'the copies of those that are not too large');
    assert.equal(mirror.requests[0]?.body.toString(), 'ten bytes.');
  });

  test('a body of unknown length is broken off at the mirror when it passes maxBodySize', async () => {
    await using main = await recordingEndpoint();
    await using mirror = await scriptedEndpoint(() => undefined);
    await using gateway = await gatewayFrom(file(main.port, mirror.port, ', maxBodySize: 10'));
    using client = await rawClient(gateway.port);
    client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
    await eventually(() => mirror.seen().includes('first'), 'the first piece at the mirror');
    client.send('6\r\nsecond\r\n0\r\n\r\n');
    assert.equal((await client.response()).status, 200);
    await eventually(() => mirror.sockets.size === 0, 'the copy to be broken off');
    assert.ok(!mirror.seen().includes('second'));
    assert.equal(main.requests[0]?.body.toString(), 'firstsecond');
    assert.equal((await gateway.plane.stats()).mirrors[0]?.dropped['body-too-large'], 1);
  });

  test('a body that maxBodySize allows waits for a mirror, however slow', async () => {
    await using main = await recordingEndpoint();
    let slow = true;
    await using mirror = await scriptedEndpoint((peer) => slow && peer.socket.pause());
    const size = 16 * 1_048_576;
    await using gateway = await gatewayFrom(file(main.port, mirror.port, `, maxBodySize: ${size}`));
    using client = await rawClient(gateway.port);
    client.send(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
    client.send(Buffer.alloc(size, 'x'));
    assert.equal((await client.response()).status, 200);
    assert.deepEqual((await gateway.plane.stats()).mirrors[0]?.dropped, {});
    slow = false;
    for (const socket of mirror.sockets) socket.resume();
    await eventually(() => mirror.seen().length > size, 'the whole copy');
  });

  test('a client that leaves takes its unfinished copy along', async () => {
    await using main = await scriptedEndpoint(() => undefined);
    await using mirror = await scriptedEndpoint(() => undefined);
    await using gateway = await gatewayFrom(file(main.port, mirror.port));
    const client = await rawClient(gateway.port);
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf');
    await eventually(() => mirror.seen().endsWith('half'), 'the half at the mirror');
    client.socket.destroy();
    await eventually(() => mirror.sockets.size === 0, 'the copy to end');
    assert.equal((await gateway.plane.stats()).mirrors[0]?.dropped['client-gone'], 1);
  });

  test('an answer that has no end is given up', async () => {
    await using main = await recordingEndpoint();
    const piece = Buffer.alloc(65_536, 'x');
    await using mirror = await recordingEndpoint((_, response) => {
      const more = () => {
        while (response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    await using gateway = await gatewayFrom(file(main.port, mirror.port));
    assert.equal((await exchange(gateway.port, get)).status, 200);
    await eventually(
      async () => (await gateway.plane.stats()).mirrors[0]?.dropped['answer-too-large'] === 1,
      'the copy to be given up',
    );
    assert.ok(((await gateway.plane.stats()).mirrors[0]?.bytes ?? 0) < 8 * 1_048_576);
    await eventually(() => mirror.sockets.size === 0, 'its connection to close');
  });

  test('a mirror that is not there costs nobody anything', async () => {
    await using main = await recordingEndpoint();
    await using gateway = await gatewayFrom(file(main.port, 1));
    assert.equal((await exchange(gateway.port, get)).status, 200);
    await eventually(
      async () => (await gateway.plane.stats()).mirrors[0]?.codes['502'] === 1,
      'the failure to be measured',
    );
  });
});
