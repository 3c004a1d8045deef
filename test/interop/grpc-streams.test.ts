/** 100 MB gRPC streams in each direction: whole, and what nobody reads yet is held back at its sender, not in a gateway. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { eventually, type Path, rssOf, startPath } from '../harness/harness.ts';
import { type EchoClient, type EchoEndpoint, echoClient, startEcho } from './grpc-echo.ts';

const message = 64 * 1024;
const messages = 1600;
const total = message * messages;
/** Stream windows of three legs, the sockets' buffers in the kernel, and what a client keeps to itself. */
const mostHeldBack = 40 * 1024 * 1024;
const mostGrowthMiB = 64;

suite('100 MB gRPC streams', () => {
  let endpoint: EchoEndpoint;
  let path: Path;
  let client: EchoClient;
  before(async () => {
    endpoint = await startEcho();
    // V8's young generation grows to 130 MiB in a child that is busy, whatever streams through it: what is held is looked for here.
    const childEnv = { NODE_OPTIONS: '--max-semi-space-size=4' };
    path = await startPath({ url: endpoint.url, workers: 1, childEnv });
    client = echoClient(path.port);
    await client.unary('warm');
  });
  after(async () => {
    client?.[Symbol.dispose]();
    await path?.[Symbol.asyncDispose]();
    await endpoint?.[Symbol.asyncDispose]();
  });

  /** Watches the memory of every gateway process until it is asked how much one of them grew, in MiB. */
  async function watchMemory(): Promise<() => Promise<number>> {
    const gateways = await path.gateways();
    const idle = await Promise.all(gateways.map(rssOf));
    let most = 0;
    const look = async () => {
      const now = await Promise.all(gateways.map(rssOf));
      most = Math.max(most, ...now.map((rss, i) => rss - (idle[i] as number)));
    };
    const watching = setInterval(() => void look().catch(() => undefined), 50);
    return async () => {
      clearInterval(watching);
      await look();
      return most;
    };
  }

  test('upload to an endpoint that does not read for a while', async () => {
    const growth = await watchMemory();
    const before = endpoint.received();
    const answered = Promise.withResolvers<string>();
    const call = client.upload((error, value) =>
      error === null ? answered.resolve(String(value)) : answered.reject(error),
    );
    let written = 0;
    let drained = performance.now();
    endpoint.hold(true);
    const piece = Buffer.alloc(message, 'up');
    const sending = (async () => {
      for (let i = 0; i < messages; i++) {
        written += message;
        if (!call.write(piece)) await once(call, 'drain');
        drained = performance.now();
      }
      call.end();
    })();
    await eventually(
      () => performance.now() - drained > 500 && written < total,
      10_000,
      'the client to be held back',
    );
    assert.ok(endpoint.received() - before < 4 * message, 'the endpoint reads nothing');
    assert.ok(written < mostHeldBack, `${written} bytes left the client`);
    // Beside it, others go on.
    assert.equal((await client.unary('beside')).value?.toString(), 'beside');
    endpoint.hold(false);
    await sending;
    assert.equal(await answered.promise, String(total));
    const grown = await growth();
    assert.ok(grown < mostGrowthMiB, `a gateway grew by ${grown.toFixed(0)} MiB`);
  });

  test('download to a client that does not read for a while', async () => {
    const growth = await watchMemory();
    const call = client.download(messages, message);
    let bytes = 0;
    let held = true;
    call.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (held) call.pause();
    });
    const ended = once(call, 'end');
    await eventually(() => bytes > 0, 5000, 'the first message');
    for (let i = 0; i < 20; i++) assert.equal((await client.unary('beside')).value?.toString(), 'beside');
    assert.ok(bytes < 4 * message);
    held = false;
    call.resume();
    await ended;
    assert.equal(bytes, total);
    const grown = await growth();
    assert.ok(grown < mostGrowthMiB, `a gateway grew by ${grown.toFixed(0)} MiB`);
  });

  test('both at once, four times', async () => {
    const growth = await watchMemory();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const answered = Promise.withResolvers<string>();
        const call = client.upload((error, value) =>
          error === null ? answered.resolve(String(value)) : answered.reject(error),
        );
        let down = 0;
        const download = (async () => {
          for await (const piece of client.download(messages / 4, message)) down += piece.length;
        })();
        const piece = Buffer.alloc(message, 'up');
        for (let i = 0; i < messages / 4; i++) if (!call.write(piece)) await once(call, 'drain');
        call.end();
        await download;
        assert.equal(await answered.promise, String(total / 4));
        assert.equal(down, total / 4);
      }),
    );
    const grown = await growth();
    assert.ok(grown < mostGrowthMiB, `a gateway grew by ${grown.toFixed(0)} MiB`);
  });
});
