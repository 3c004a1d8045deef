import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { balancers, gatewayFrom } from '../testing/from-yaml.ts';
import { exchange } from '../testing/raw-client.ts';

for (const grpc of [false, true]) {
  test(`a breaker opens for an endpoint that is not there: ${grpc ? 'gRPC' : 'GET'}`, async () => {
    await using gateway = await gatewayFrom(`
http:
  routers: { r: { rule: "PathPrefix(\`/\`)", service: s, middlewares: [opens] } }
  middlewares: { opens: { circuitBreaker: { expression: "NetworkErrorRatio() > 0.5", checkPeriod: 1ms, minRequests: 3 } } }
  services:
${balancers({ s: [1] })}
`);
    const session = connect(`http://127.0.0.1:${gateway.port}`);
    for (let i = 0; i < 8; i++) {
      if (!grpc) await exchange(gateway.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
      else {
        const stream = session.request({
          ':path': '/a.B/C',
          ':method': 'POST',
          'content-type': 'application/grpc',
          te: 'trailers',
        });
        stream.resume();
        stream.end();
        await once(stream, 'close');
      }
    }
    session.close();
    assert.equal((await gateway.plane.stats()).circuits[0]?.state, 'tripped');
  });
}
