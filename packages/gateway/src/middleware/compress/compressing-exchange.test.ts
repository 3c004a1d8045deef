import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createGzip, type Gzip, gunzipSync } from 'node:zlib';
import type { AnswerReader, InnerExchange } from '../../http/inner-exchange.ts';
import { eventually } from '../../testing/eventually.ts';
import { requestHead } from '../../testing/middleware-of.ts';
import { exchangeOf } from '../testing.ts';
import { CompressingExchange } from './compressing-exchange.ts';
import { CompressRules } from './rules.ts';

/** The exchange before an endpoint that a test plays, and what came through it. */
function bench(takes = true) {
  const seen = { status: 0, body: [] as Buffer[], ended: false, failed: '', drains: 0, gone: '' };
  const reader: AnswerReader = {
    head: (head) => {
      seen.status = head.status;
    },
    data: (chunk) => {
      seen.body.push(Buffer.from(chunk));
      return takes;
    },
    end: () => {
      seen.ended = true;
    },
    failed: (code) => {
      seen.failed = code;
    },
  };
  const outer: InnerExchange = exchangeOf(requestHead(), reader);
  let encoder: Gzip | undefined;
  const filter = new CompressingExchange(outer, {
    rules: new CompressRules([], []),
    encoding: 'gzip',
    minBodyBytes: 100,
    encoder: {
      make: () => {
        encoder = createGzip();
        return encoder;
      },
      flushKind: 2,
    },
  });
  filter.listen({
    bodyData: () => true,
    bodyEnd() {},
    turnEnd() {},
    responseDrained: () => seen.drains++,
    clientGone: (code) => {
      seen.gone = code;
    },
  });
  return { outer, filter, seen, encoder: () => encoder as Gzip };
}

const head = () => ({ status: 200, reason: '', headers: [] });
const noise = (length: number) => Buffer.from(Array.from({ length }, () => Math.random() * 256));

describe('a compressed exchange', () => {
  test('destroys its encoder when the client leaves, and tells the inner side', async () => {
    const { outer, filter, seen, encoder } = bench();
    filter.respond(head(), -1);
    filter.write(noise(5000));
    filter.flush();
    await eventually(() => seen.body.length > 0, 'the beginning');
    outer.cancel();
    assert.equal(encoder().destroyed, true);
    assert.equal(seen.gone, 'client.gone');
    assert.equal(filter.write(noise(10)), true);
    filter.end(undefined);
  });

  test('destroys it too when the client leaves after the endpoint has ended', async () => {
    const { outer, filter, encoder } = bench(false);
    filter.respond(head(), -1);
    filter.write(noise(100_000));
    filter.end(undefined);
    outer.cancel();
    assert.equal(encoder().destroyed, true);
  });

  test('an encoder that fails breaks off on both sides', async () => {
    const { filter, seen, encoder } = bench();
    filter.respond(head(), 5000);
    filter.write(noise(1000));
    encoder().destroy(new Error('no memory'));
    await eventually(() => seen.failed !== '', 'the failure');
    assert.deepEqual([seen.failed, seen.gone], ['endpoint.broke-off', 'gateway.internal']);
  });

  test('stops the endpoint while the client does not read, holds little, and goes on', async () => {
    const { outer, filter, seen, encoder } = bench(false);
    filter.respond(head(), -1);
    let written = 0;
    let goesOn = true;
    while (goesOn && written < 10_000_000) {
      goesOn = filter.write(noise(10_000));
      written += 10_000;
    }
    assert.ok(written < 400_000, `${written} bytes were taken at once`);
    await eventually(() => encoder().isPaused(), 'the encoder to wait');
    const held = seen.body.length;
    assert.equal(seen.drains, 0);
    while (seen.drains === 0) {
      outer.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(seen.body.length > held);
    filter.end(undefined);
    while (!seen.ended) {
      outer.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(gunzipSync(Buffer.concat(seen.body)).length, written);
  });

  test('what breaks off before anything was sent is answered', () => {
    const { filter, seen } = bench();
    filter.respond(head(), -1);
    filter.write(noise(10));
    filter.breakOff();
    assert.deepEqual([seen.status, seen.failed], [0, 'endpoint.broke-off']);
  });

  test('a flush without anything new writes nothing', async () => {
    const { filter, seen, encoder } = bench();
    filter.respond(head(), -1);
    filter.write(noise(500));
    filter.flush();
    await eventually(() => encoder().writableLength === 0 && seen.body.length > 0, 'the flush');
    const bytes = seen.body.length;
    filter.flush();
    filter.flush();
    assert.equal(encoder().writableLength, 0);
    assert.equal(seen.body.length, bytes);
    filter.end(undefined);
    await eventually(() => seen.ended, 'the end');
  });
});
