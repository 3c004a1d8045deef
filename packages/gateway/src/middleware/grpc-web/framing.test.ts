import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UNKNOWN_LENGTH } from '../../http/exchange.ts';
import type { Headers } from '../../http/headers.ts';
import { fieldsOf, requestHead } from '../../testing/middleware-of.ts';
import { exchangeOf } from '../testing.ts';
import { Base64Decoder, Base64Encoder } from './base64-stream.ts';
import { GrpcWebCors } from './cors.ts';
import { FrameTracker, trailerFrame } from './frames.ts';
import { GrpcWebExchange } from './grpc-web-exchange.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
/** A whole, and where it is cut. */
const cuts = fc.array(fc.nat(), { maxLength: 20 });

function cut(whole: Buffer, at: readonly number[]): Buffer[] {
  const places = at.map((each) => each % (whole.length + 1)).sort((a, b) => a - b);
  return [...places, whole.length].map((end, i) => whole.subarray(i === 0 ? 0 : places[i - 1], end));
}

function message(body: Buffer): Buffer {
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(body.length, 1);
  body.copy(frame, 5);
  return frame;
}

/** Padded parts behind each other, as Node does not decode them. */
function decodeParts(text: string): Buffer {
  const parts = text.match(/[A-Za-z0-9+/]*(?:=+|$)/g) ?? [];
  return Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
}

/** The frames of a gRPC-Web body. */
function framesOf(body: Buffer): { flag: number; data: Buffer }[] {
  const frames = [];
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at + 1);
    frames.push({ flag: body[at] as number, data: body.subarray(at + 5, at + 5 + length) });
    at += 5 + length;
  }
  return frames;
}

describe('base64 in pieces', () => {
  test('is what it was, however it is cut, padded and broken into lines', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), cuts, fc.boolean(), (parts, at, lines) => {
        const written = parts.map((part) => part.toString('base64')).join(lines ? '\r\n' : '');
        const decoder = new Base64Decoder();
        const got = cut(Buffer.from(written), at).map((piece) => decoder.decode(piece));
        assert.ok(got.every((piece) => piece !== undefined) && decoder.complete);
        assert.deepEqual(Buffer.concat(got as Buffer[]), Buffer.concat(parts));
      }),
    );
  });

  test('what is none is refused, never guessed at', () => {
    for (const text of [
      '****',
      'ab=c',
      'a===',
      '====',
      'YQ=',
      'YQ',
      'YQ==Y',
      'YQ==\u00ff\u00ff\u00ff\u00ff',
      'a-_b',
    ]) {
      const decoder = new Base64Decoder();
      assert.ok(decoder.decode(Buffer.from(text, 'latin1')) === undefined || !decoder.complete, text);
    }
    fc.assert(
      fc.property(bytes, cuts, (noise, at) => {
        const decoder = new Base64Decoder();
        const got = cut(noise, at).map((piece) => decoder.decode(piece));
        if (got.some((piece) => piece === undefined) || !decoder.complete) return;
        const text = noise.toString('latin1').replace(/[\r\n]/g, '');
        assert.deepEqual(Buffer.concat(got as Buffer[]), decodeParts(text));
      }),
    );
  });

  test('is written so that it is read again, flushed anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, fc.boolean())), (pieces) => {
        const encoder = new Base64Encoder();
        let text = '';
        for (const [piece, flushed] of pieces) {
          text += encoder.encode(piece).toString();
          if (flushed) text += encoder.flush().toString();
        }
        text += encoder.flush().toString();
        assert.deepEqual(decodeParts(text), Buffer.concat(pieces.map(([piece]) => piece)));
      }),
    );
  });
});

describe('frames', () => {
  test('the end of one is known, however the body is cut', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), cuts, bytes, (bodies, at, rest) => {
        const tracker = new FrameTracker();
        for (const piece of cut(Buffer.concat(bodies.map(message)), at)) tracker.feed(piece);
        assert.equal(tracker.between, true);
        tracker.feed(message(rest).subarray(0, -1 - rest.length + (rest.length >> 1)));
        assert.equal(tracker.between, false);
      }),
    );
  });

  test('lengths beyond two gigabytes are lengths', () => {
    const tracker = new FrameTracker();
    tracker.feed(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    tracker.feed(Buffer.alloc(1000));
    assert.equal(tracker.between, false);
  });

  test('trailers', () => {
    const frame = trailerFrame(fieldsOf({ 'Grpc-Status': '5', 'grpc-message': 'not%20found' }));
    assert.equal(frame.toString('latin1', 5), 'grpc-status: 5\r\ngrpc-message: not%20found\r\n');
    assert.deepEqual([...frame.subarray(0, 5)], [0x80, 0, 0, 0, frame.length - 5]);
  });
});

describe('a whole call', () => {
  /** What a browser gets of an answer in these pieces; undefined trailers break it off. */
  function answered(text: boolean, pieces: readonly Buffer[], trailers: Headers | undefined) {
    const seen = { status: 0, type: '', body: [] as Buffer[], ended: false, failed: false };
    const outer = exchangeOf(requestHead({ method: 'POST' }), {
      head(head) {
        seen.status = head.status;
        seen.type = head.headers[1] as string;
      },
      data: (chunk) => {
        seen.body.push(Buffer.from(chunk));
        return true;
      },
      end: () => {
        seen.ended = true;
      },
      failed: () => {
        seen.failed = true;
      },
    });
    const call = new GrpcWebExchange(outer, new GrpcWebCors([]), text);
    call.listen({ bodyData: () => true, bodyEnd() {}, turnEnd() {}, responseDrained() {}, clientGone() {} });
    call.respond(
      { status: 200, reason: '', headers: fieldsOf({ 'content-type': 'application/grpc+proto' }) },
      UNKNOWN_LENGTH,
    );
    for (const piece of pieces) {
      call.write(piece);
      if (piece.length % 2 === 0) call.flush();
    }
    if (trailers === undefined) call.breakOff();
    else call.end(trailers);
    const raw = Buffer.concat(seen.body);
    return { ...seen, body: text ? decodeParts(raw.toString('latin1')) : raw };
  }

  test('messages and trailers, in both forms, however they come', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(bytes, { maxLength: 5 }), cuts, (text, bodies, at) => {
        const pieces = cut(Buffer.concat(bodies.map(message)), at);
        const got = answered(text, pieces, fieldsOf({ 'grpc-status': '0' }));
        assert.equal(got.type, `application/grpc-web${text ? '-text' : ''}+proto`);
        const frames = framesOf(got.body);
        assert.deepEqual(
          frames.slice(0, -1).map(({ data }) => data),
          bodies,
        );
        assert.deepEqual(frames.at(-1), { flag: 0x80, data: Buffer.from('grpc-status: 0\r\n') });
        assert.ok(got.ended && !got.failed);
      }),
    );
  });

  test('an answer that breaks off between messages says so, else it breaks off, too', () => {
    const whole = message(Buffer.from('hello'));
    for (const text of [false, true]) {
      const between = answered(text, [whole], undefined);
      assert.match(framesOf(between.body).at(-1)?.data.toString() ?? '', /^grpc-status: 14\r\n/);
      assert.ok(between.ended);
      const within = answered(text, [whole.subarray(0, 7)], undefined);
      assert.deepEqual([within.ended, within.failed], [false, true]);
    }
  });
});
