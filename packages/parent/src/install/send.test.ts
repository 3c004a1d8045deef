import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { type Sink, send } from './send.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A client whose socket takes a piece when the test says so. */
class Client extends EventEmitter implements Sink {
  readonly got: string[] = [];
  state = 'open';
  take: (error?: Error | null) => void = () => assert.fail('nothing was written');
  write(piece: Uint8Array, taken: (error?: Error | null) => void): void {
    this.got.push(Buffer.from(piece).toString());
    this.take = taken;
  }
  end(): void {
    this.state = 'ended';
  }
  destroy(): void {
    this.state = 'destroyed';
  }
}

function scene(pieces: AsyncIterable<Uint8Array> = letters()) {
  const clock = new ManualClock();
  const client = new Client();
  return { clock, client, sending: send(pieces, client, { stallMs: 60, wholeMs: 200, clock }) };
}

async function* letters() {
  const buffer = Buffer.alloc(1);
  for (const letter of 'abcdefgh') {
    buffer.write(letter);
    yield buffer;
  }
}

test('a piece is asked for when the one before was taken', async () => {
  const { client, sending } = scene();
  for (let i = 1; i <= 8; i++) {
    await settled();
    assert.equal(client.got.length, i);
    client.take();
  }
  assert.equal(await sending, 'sent');
  assert.deepEqual([client.got.join(''), client.state], ['abcdefgh', 'ended']);
});

test('a client that takes nothing is cut', async () => {
  const { clock, client, sending } = scene();
  await settled();
  clock.advance(59);
  client.take();
  await settled();
  clock.advance(60);
  assert.equal(await sending, 'stalled');
  assert.deepEqual([client.got, client.state], [['a', 'b'], 'destroyed']);
});

test('one that dawdles is cut in the end', async () => {
  const { clock, client, sending } = scene();
  for (let i = 0; i < 4; i++) {
    await settled();
    clock.advance(50);
    if (i < 3) client.take();
  }
  assert.equal(await sending, 'too long');
  assert.equal(client.state, 'destroyed');
});

test('one that goes away ends it at once', async () => {
  const closed = scene();
  await settled();
  closed.client.emit('close');
  assert.equal(await closed.sending, 'gone');
  const broken = scene();
  await settled();
  broken.client.take(new Error('EPIPE'));
  assert.equal(await broken.sending, 'gone');
});

test('a file that cannot be read to its end is not ended as if it were', async () => {
  async function* broken() {
    yield Buffer.from('a');
    throw new Error('EIO');
  }
  const { client, sending } = scene(broken());
  await settled();
  client.take();
  await assert.rejects(sending, /EIO/);
  assert.equal(client.state, 'destroyed');
});
