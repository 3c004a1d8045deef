/** What entrypoints do to requests, over both protocols and as the endpoint sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRequestRules, type RequestRules } from '../model/entry-point-rules.ts';
import type { EntryPointModel } from '../model/model.ts';
import { type RecordedRequest, type RecordingEndpoint, recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import { h2Server } from '../testing/h2-servers.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';
import { exchange } from '../testing/raw-client.ts';

interface Scene extends AsyncDisposable {
  /** The status of a request, and what the endpoint saw of it. */
  ask(
    target: string,
    ...fields: (readonly [string, string])[]
  ): Promise<[number, RecordedRequest | undefined]>;
}

type Way = (endpoint: RecordingEndpoint, entryPoint: Partial<EntryPointModel>) => Promise<Scene>;

const http1: Way = async (endpoint, entryPoint) => {
  const gateway = await startGateway({ ports: [endpoint.port], entryPoint });
  return {
    async ask(target, ...fields) {
      const text = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const { status } = await exchange(gateway.port, `GET ${target} HTTP/1.1\r\nHost: h\r\n${text}\r\n`);
      return [status, endpoint.requests.pop()];
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
};

const http2: Way = async (endpoint, entryPoint) => {
  const gateway = await startGateway({ ports: [endpoint.port], entryPoint });
  return {
    async ask(target, ...fields) {
      using client = await H2Raw.connect(gateway.port);
      const view = await client.get(
        target,
        fields.map(([name, value]) => [name.toLowerCase(), value] as const),
      );
      return [statusOf(view), endpoint.requests.pop()];
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
};

const rules = (more: Partial<RequestRules>) => ({ requests: { ...defaultRequestRules, ...more } });

for (const [name, way] of [
  ['HTTP/1.1', http1],
  ['HTTP/2', http2],
] as const) {
  test(`${name}: without options`, async () => {
    await using endpoint = await recordingEndpoint();
    await using scene = await way(endpoint, {});
    const [status, seen] = await scene.ask('/a//b/../%2F?x=1;y=2', ['A_B', '1']);
    assert.deepEqual([status, seen?.url], [200, '/a/%2F?x=1&y=2']);
    assert.ok(seen?.rawHeaders.some((field) => field.toLowerCase() === 'a_b'));
  });

  test(`${name}: empty segments stay, dot segments are refused`, async () => {
    await using endpoint = await recordingEndpoint();
    await using scene = await way(endpoint, rules({ keepEmptySegments: true }));
    const [status, seen] = await scene.ask('/a//b//');
    assert.deepEqual([status, seen?.url], [200, '/a//b//']);
    assert.deepEqual(await scene.ask('/a/../b'), [400, undefined]);
  });

  test(`${name}: escapes, semicolons, underscores`, async () => {
    await using endpoint = await recordingEndpoint();
    const refusedEscapes = ['2F'];
    await using strict = await way(
      endpoint,
      rules({ refusedEscapes, querySemicolons: 'encode', underscoreHeaders: 'delete' }),
    );
    assert.deepEqual(await strict.ask('/a%2fb'), [400, undefined]);
    const [status, seen] = await strict.ask('/a?x=1;y', ['A_B', '1'], ['A-B', '2']);
    assert.deepEqual([status, seen?.url], [200, '/a?x=1%3By']);
    const names = seen?.rawHeaders.map((field) => field.toLowerCase()) ?? [];
    assert.ok(names.includes('a-b') && !names.includes('a_b'));
    await using rejecting = await way(endpoint, rules({ underscoreHeaders: 'reject' }));
    assert.deepEqual(await rejecting.ask('/', ['A_B', '1']), [400, undefined]);
    assert.equal((await rejecting.ask('/', ['A-B', '1']))[0], 200);
  });
}

const forwarding = { connection: ['x-mine'], notAppendXForwardedFor: true };
const requestHeaders = [['X-Own', '1']] as const;
const hops = 'Connection: X-Mine, X-Hop\r\nX-Mine: 1\r\nX-Hop: 2\r\nX-Kept: 3\r\n';

test('what Connection names goes no further than the middlewares', async () => {
  await using endpoint = await recordingEndpoint();
  await using other = await h2Server((stream) => {
    stream.respond({ ':status': 200 });
    stream.end();
  });
  for (const scheme of ['http', 'h2c'] as const) {
    const port = scheme === 'http' ? endpoint.port : other.port;
    await using gateway = await startGateway({
      services: [loadBalancer('s', [endpointModel(port, { scheme })], { requestHeaders })],
      entryPoint: { forwarding },
    });
    const { status } = await exchange(gateway.port, `GET / HTTP/1.1\r\nHost: h\r\n${hops}\r\n`);
    assert.equal(status, 200);
  }
  const names = (endpoint.requests[0]?.rawHeaders ?? []).map((name) => name.toLowerCase());
  for (const seen of [names, Object.keys(other.requests[0] ?? {})]) {
    for (const gone of ['x-mine', 'x-hop', 'x-forwarded-for']) assert.ok(!seen.includes(gone), gone);
    for (const here of ['x-kept', 'x-own', 'x-real-ip']) assert.ok(seen.includes(here), here);
  }
});
