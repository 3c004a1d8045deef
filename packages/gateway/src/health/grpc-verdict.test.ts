/** Checks in mode grpc against real servers: down, with a reason, for everything but SERVING. */
import assert from 'node:assert/strict';
import type { ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { askGrpc, serving, wayTo } from '../testing/grpc-checks.ts';
import { grpcAnswer, grpcMessage, h2Server } from '../testing/h2-servers.ts';

const respond = (headers: Record<string, string | number>) => (stream: ServerHttp2Stream) =>
  stream.respond(headers, { endStream: true });
const grpc = { ':status': 200, 'content-type': 'application/grpc' };

for (const [what, answer, reason] of [
  ['NOT_SERVING', (s: ServerHttp2Stream) => grpcAnswer(s, grpcMessage([8, 2])), /^NOT_SERVING$/],
  [
    'an empty message, which is UNKNOWN',
    (s: ServerHttp2Stream) => grpcAnswer(s, grpcMessage([])),
    /^UNKNOWN$/,
  ],
  ['SERVICE_UNKNOWN', (s: ServerHttp2Stream) => grpcAnswer(s, grpcMessage([8, 3])), /^SERVICE_UNKNOWN$/],
  [
    'a status of later times',
    (s: ServerHttp2Stream) => grpcAnswer(s, grpcMessage([8, 9])),
    /^serving status 9$/,
  ],
  ['malformed protobuf', (s: ServerHttp2Stream) => grpcAnswer(s, grpcMessage([8])), /malformed message/],
  [
    'a compressed message',
    (s: ServerHttp2Stream) => grpcAnswer(s, grpcMessage([8, 1], 1)),
    /malformed message/,
  ],
  [
    'two messages',
    (s: ServerHttp2Stream) => grpcAnswer(s, Buffer.concat([serving, serving])),
    /malformed message/,
  ],
  ['no message', (s: ServerHttp2Stream) => grpcAnswer(s, Buffer.alloc(0)), /malformed message/],
  [
    'SERVING and an error after it',
    (s: ServerHttp2Stream) =>
      grpcAnswer(s, serving, { 'grpc-status': '14', 'grpc-message': `going\u00ff away${'y'.repeat(200)}` }),
    /^grpc-status 14 UNAVAILABLE: going awayy{90}$/,
  ],
  [
    'trailers alone: UNIMPLEMENTED',
    respond({ ...grpc, 'grpc-status': '12', 'grpc-message': 'unknown service' }),
    /^grpc-status 12 UNIMPLEMENTED: the endpoint does not implement grpc\.health\.v1\.Health$/,
  ],
  [
    'trailers alone: PERMISSION_DENIED',
    respond({ ...grpc, 'grpc-status': '7' }),
    /^grpc-status 7 PERMISSION_DENIED$/,
  ],
  ['trailers alone: OK', respond({ ...grpc, 'grpc-status': '0' }), /malformed message/],
  ['an unknown grpc-status', respond({ ...grpc, 'grpc-status': '99' }), /^grpc-status 99$/],
  ['a grpc-status that is none', respond({ ...grpc, 'grpc-status': '0x0' }), /malformed grpc-status/],
  [
    'SERVING without grpc-status',
    (s: ServerHttp2Stream) => grpcAnswer(s, serving, {}),
    /without grpc-status/,
  ],
  ['404', respond({ ':status': 404 }), /^status 404$/],
  [
    'a web page',
    respond({ ':status': 200, 'content-type': 'text/html', 'grpc-status': '0' }),
    /"text\/html"/,
  ],
  ['grpc-web', respond({ ...grpc, 'content-type': 'application/grpc-web' }), /"application\/grpc-web"/],
  [
    'an endless body',
    (s: ServerHttp2Stream) => {
      s.respond(grpc);
      const more = () => {
        while (!s.destroyed && s.write(Buffer.alloc(1000)));
      };
      s.on('drain', more);
      more();
    },
    /^answered more than 4096 bytes$/,
  ],
  ['a reset', (s: ServerHttp2Stream) => s.close(2), /^endpoint\.closed .*INTERNAL_ERROR/],
  ['a cancelled stream', (s: ServerHttp2Stream) => s.close(8), /^endpoint\.closed/],
  [
    'a connection that dies after the message',
    (s: ServerHttp2Stream) => {
      s.respond(grpc);
      s.write(serving, () => s.session?.socket.destroy());
    },
    /^endpoint\.broke-off/,
  ],
  ['a connection that goes away', (s: ServerHttp2Stream) => s.session?.destroy(), /^endpoint\.closed/],
] as const) {
  test(`${what}: down`, async () => {
    await using server = await h2Server(answer);
    const result = await askGrpc(wayTo(server.port));
    assert.equal(result.up, false);
    assert.match(result.reason, reason);
    await eventually(() => server.open() === 0, 'the connection is closed');
  });
}
