import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import type { TestGateway } from '../testing/gateway.ts';
import { type RawClient, rawClient } from '../testing/raw-client.ts';

function start(port: number, limit: string, workers = 0): Promise<TestGateway> {
  return gatewayFrom(
    `
http:
  routers:
    r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [limit] }
    q: { rule: "PathPrefix(\`/q\`)", service: s, middlewares: [limit] }
  middlewares: { limit: { inFlightReq: ${limit} } }
  services:
${balancers({ s: [port] })}
`,
    { workers },
  );
}

/** An endpoint that answers when it is told to. */
async function slowEndpoint() {
  const waiting: ServerResponse[] = [];
  const endpoint = await recordingEndpoint((_, response) => waiting.push(response));
  return Object.assign(endpoint, {
    waiting,
    answer() {
      for (const response of waiting.splice(0)) response.end('ok');
    },
  });
}

const get = (host = 'h', path = '/') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

async function ask(port: number, request = get()): Promise<RawClient> {
  const client = await rawClient(port);
  client.send(request);
  return client;
}

describe('inFlightReq', () => {
  it('refuses what is too much, by host, and lets in again when one has ended', async () => {
    await using endpoint = await slowEndpoint();
    await using gateway = await start(endpoint.port, '{ amount: 2 }');
    using one = await ask(gateway.port);
    using two = await ask(gateway.port, get('H:8080'));
    await eventually(() => endpoint.waiting.length === 2, 'two are under way');
    using three = await ask(gateway.port);
    const refused = await three.response();
    assert.equal(refused.status, 429);
    assert.equal(JSON.parse(refused.body.toString()).code, 'client.too-many-in-flight');
    using other = await ask(gateway.port, get('other'));
    using router = await ask(gateway.port, get('h', '/q'));
    await eventually(() => endpoint.waiting.length === 4, 'another host and another router have their own');
    endpoint.answer();
    for (const client of [one, two, other, router]) assert.equal((await client.response()).status, 200);
    three.send(get());
    await eventually(() => endpoint.waiting.length === 1, 'there is room again');
    endpoint.answer();
    assert.equal((await three.response()).status, 200);
  });

  it('counts no client that has left, and none whose answer failed', async () => {
    await using endpoint = await slowEndpoint();
    await using gateway = await start(endpoint.port, '{ amount: 1 }');
    const leaving = await ask(gateway.port);
    await eventually(() => endpoint.waiting.length === 1, 'it is under way');
    leaving.socket.destroy();
    await eventually(async () => (await gateway.plane.stats()).connections.open === 0, 'it has left');
    // Not to be sent again.
    using next = await ask(gateway.port, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
    await eventually(() => endpoint.waiting.length === 2, 'there is room again');
    for (const socket of endpoint.sockets) socket.destroy();
    assert.equal((await next.response()).status, 502);
    endpoint.waiting.length = 0;
    using last = await ask(gateway.port);
    await eventually(() => endpoint.waiting.length === 1, 'there is room again');
    endpoint.answer();
    assert.equal((await last.response()).status, 200);
  });

  it('holds over two workers together, and the slots of one that dies are free', async () => {
    await using endpoint = await slowEndpoint();
    await using gateway = await start(endpoint.port, '{ amount: 4, sourceCriterion: { ipStrategy: {} } }', 2);
    const clients = await Promise.all(Array.from({ length: 24 }, () => ask(gateway.port)));
    await eventually(
      () => clients.filter((client) => client.received.length > 0).length === 20,
      'twenty are refused',
    );
    // Those that were let in may still be on their way.
    await eventually(() => endpoint.requests.length >= 4, 'four are under way');
    assert.equal(endpoint.requests.length, 4);
    for (const { pid } of (await gateway.plane.stats()).workers) process.kill(pid, 'SIGKILL');
    await eventually(
      () => clients.every((client) => client.closed || client.received.length > 0),
      'all have ended',
    );
    endpoint.waiting.length = 0;
    const again: RawClient[] = [];
    await eventually(
      async () => (await gateway.plane.stats()).workers.every(({ restarts }) => restarts === 1),
      'others serve',
    );
    for (let i = 0; i < 4; i++) again.push(await ask(gateway.port));
    await eventually(() => endpoint.waiting.length === 4, 'four are under way');
    endpoint.answer();
    for (const client of again) assert.equal((await client.response()).status, 200);
    for (const client of [...clients, ...again]) client[Symbol.dispose]();
  });

  it('lets one after the other pass, whichever worker has it', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await start(endpoint.port, '{ amount: 1 }', 2);
    for (let i = 0; i < 40; i++) {
      using client = await ask(gateway.port);
      assert.equal((await client.response()).status, 200, `request ${i}`);
    }
  });

  it('with amount 0 refuses everything', async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await start(endpoint.port, '{ amount: 0 }');
    using client = await ask(gateway.port);
    assert.equal((await client.response()).status, 429);
  });

  it('counts a WebSocket until it is one', async () => {
    await using endpoint = await scriptedEndpoint(
      answering(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: zwKd5BnoWxQ6GxTxxSmBSHGHX9M=\r\n\r\n',
      ),
    );
    await using gateway = await start(endpoint.port, '{ amount: 1 }');
    const upgrade =
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n\r\n';
    using one = await ask(gateway.port, upgrade);
    assert.equal((await one.response()).status, 101);
    using other = await ask(gateway.port, upgrade);
    assert.equal((await other.response()).status, 101);
  });
});
