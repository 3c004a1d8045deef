/** What the gateway takes for gRPC, reads from it and tells it, as tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayErrorCode } from './errors.ts';
import { grpcRefusal, grpcStatusOf, grpcTimeoutMs, grpcTrailers, isGrpc } from './grpc.ts';
import { addHeader, getHeader, type Headers } from './headers.ts';

function fields(...pairs: readonly (readonly [string, string])[]): Headers {
  const headers: Headers = [];
  for (const [name, value] of pairs) addHeader(headers, name, value);
  return headers;
}

for (const [type, yes] of [
  ['application/grpc', true],
  ['application/grpc+proto', true],
  ['application/grpc+json', true],
  ['application/grpc;charset=utf-8', true],
  ['application/grpc-web', false],
  ['application/grpc-web+proto', false],
  ['application/grpc-web-text', false],
  ['application/grpcx', false],
  ['application/json', false],
  ['text/plain; application/grpc', false],
  ['', false],
] as const) {
  test(`content-type '${type}' is ${yes ? '' : 'not '}gRPC`, () => {
    assert.equal(isGrpc(fields(['Content-Type', type])), yes);
  });
}

test('without content-type it is not gRPC', () => assert.equal(isGrpc(fields(['te', 'trailers'])), false));

for (const [value, ms] of [
  ['2H', 7_200_000],
  ['3M', 180_000],
  ['10S', 10_000],
  ['250m', 250],
  ['1500u', 2],
  ['1u', 1],
  ['1n', 1],
  ['2000001n', 3],
  ['0S', 0],
  ['99999999H', 359_999_996_400_000],
  ['100000000S', undefined],
  ['1', undefined],
  ['S', undefined],
  ['1s', undefined],
  ['1h', undefined],
  ['-1S', undefined],
  ['1.5S', undefined],
  [' 1S', undefined],
  ['1SS', undefined],
  ['', undefined],
] as const) {
  test(`grpc-timeout '${value}' is ${ms === undefined ? 'none' : `${ms} ms`}`, () => {
    assert.equal(grpcTimeoutMs(fields(['grpc-timeout', value])), ms);
  });
}

test('no grpc-timeout is none', () => assert.equal(grpcTimeoutMs([]), undefined));

/** Numbers of https://grpc.github.io/grpc/core/md_doc_statuscodes.html, written out. */
const told: readonly (readonly [GatewayErrorCode, number, string])[] = [
  ['request.deadline', 4, 'DEADLINE_EXCEEDED'],
  ['request.body-too-large', 8, 'RESOURCE_EXHAUSTED'],
  ['request.head-too-large', 8, 'RESOURCE_EXHAUSTED'],
  ['uplink.forbidden', 7, 'PERMISSION_DENIED'],
  ['client.unauthorized', 16, 'UNAUTHENTICATED'],
  ['client.host-refused', 7, 'PERMISSION_DENIED'],
  ['client.checks-waiting', 14, 'UNAVAILABLE'],
  ['route.none', 12, 'UNIMPLEMENTED'],
  ['uplink.unknown', 12, 'UNIMPLEMENTED'],
  ['request.method-refused', 12, 'UNIMPLEMENTED'],
  ['service.no-endpoint', 14, 'UNAVAILABLE'],
  ['service.unavailable', 14, 'UNAVAILABLE'],
  ['gateway.draining', 14, 'UNAVAILABLE'],
  ['endpoint.dial', 14, 'UNAVAILABLE'],
  ['endpoint.closed', 14, 'UNAVAILABLE'],
  ['endpoint.head-timeout', 14, 'UNAVAILABLE'],
  ['endpoint.down', 14, 'UNAVAILABLE'],
  ['request.malformed', 13, 'INTERNAL'],
  ['gateway.internal', 2, 'UNKNOWN'],
];

for (const [code, status, name] of told) {
  test(`${code} is told as ${name}`, () => {
    assert.equal(grpcStatusOf(code), status);
    const trailers = grpcTrailers(code);
    assert.equal(getHeader(trailers, 'grpc-status'), String(status));
    assert.match(getHeader(trailers, 'grpc-message') ?? '', new RegExp(`\\(${code}\\)$`));
  });
}

test('a refusal is one head of status 200 whose code only a gateway sees', () => {
  const toClient = grpcRefusal('service.no-endpoint', false);
  assert.equal(toClient.status, 200);
  assert.equal(getHeader(toClient.headers, 'content-type'), 'application/grpc');
  assert.equal(getHeader(toClient.headers, 'grpc-status'), '14');
  assert.equal(getHeader(toClient.headers, 'ficus-error'), undefined);
  const toGateway = grpcRefusal('service.no-endpoint', true);
  assert.equal(getHeader(toGateway.headers, 'ficus-error'), 'service.no-endpoint');
});
