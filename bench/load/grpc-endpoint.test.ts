import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { startGrpcEndpoint } from '../endpoint.ts';
import { Sandbox } from '../sandbox.ts';
import { grpcCall } from './grpc-call.ts';

test('the gRPC endpoint answers calls with message and trailers, and holds a request without a body', async () => {
  const endpoint = await startGrpcEndpoint(new Sandbox());
  const origin = `http://127.0.0.1:${endpoint.port}`;
  try {
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, () => grpcCall(origin))),
      Array.from({ length: 20 }, () => undefined),
    );
    const session = connect(origin);
    const stream = session.request({ ':path': '/hold' });
    await once(stream, 'data');
    assert.equal(stream.readableEnded, false);
    session.destroy();
  } finally {
    await endpoint.stop();
  }
});

test('a server that does not speak HTTP/2 is an answer that is wrong, not an exception', async () => {
  assert.match((await grpcCall('http://127.0.0.1:9')) ?? '', /ECONNREFUSED/);
});
