import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { balancers, modelFrom } from '../testing/from-yaml.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer, prefixRouter, weighted } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';
import { type AccessLogOptions, accessLogOptions } from './options.ts';

type Line = Readonly<Record<string, unknown>>;

class LogFile implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'ficus-access-log-'));
  readonly filePath = join(this.folder, 'access.log');

  options(more: Partial<AccessLogOptions> = {}): AccessLogOptions {
    return { format: 'json', filePath: this.filePath, ...more };
  }

  text(): string {
    return readFileSync(this.filePath, 'latin1');
  }

  lines(): Line[] {
    const lines = this.text().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Line);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

const get = (target = '/') => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;

for (const workers of [0, 1]) {
  describe(`with ${workers} workers`, () => {
    test('each request is one line that says where it went', async () => {
      using file = new LogFile();
      await using endpoint = await recordingEndpoint();
      {
        await using gateway = await startGateway({
          workers,
          accessLog: file.options(),
          services: [weighted('w', [['vm-1', 1, 1]]), loadBalancer('a', [endpointModel(endpoint.port)])],
          routers: [prefixRouter('/in', 0)],
        });
        await exchange(gateway.port, get('/in?x=%0A"'));
        await exchange(gateway.port, get('/nowhere'));
        await exchange(gateway.port, 'nonsense\r\n\r\n');
      }
      const [forwarded, unrouted, malformed, ...more] = file.lines() as [Line, Line, Line];
      assert.equal(more.length, 0);
      const { RouterName, ServiceName, ServiceAddr, ficusLeg, DownstreamStatus, OriginStatus } = forwarded;
      assert.deepEqual(
        [RouterName, ServiceName, ServiceAddr, ficusLeg, DownstreamStatus, OriginStatus],
        ['prefix /in@file', 'w@file', `127.0.0.1:${endpoint.port}`, 'vm-1', 200, 200],
      );
      assert.equal(forwarded['RequestPath'], '/in?x=%0A"');
      assert.equal(forwarded['DownstreamContentSize'], 2);
      assert.ok((forwarded['Duration'] as number) > 0);
      assert.ok((forwarded['OriginDuration'] as number) <= (forwarded['Duration'] as number));
      assert.deepEqual([unrouted['DownstreamStatus'], unrouted['ficusErrorCode']], [404, 'route.none']);
      assert.deepEqual(
        [malformed['DownstreamStatus'], malformed['ficusErrorCode'], malformed['RequestMethod']],
        [400, 'request.malformed', ''],
      );
    });

    test('a client that left before its response is logged with 499', async () => {
      using file = new LogFile();
      await using endpoint = await scriptedEndpoint(() => undefined);
      {
        await using gateway = await startGateway({
          ...{ workers, accessLog: file.options(), ports: [endpoint.port] },
        });
        using client = await rawClient(gateway.port);
        client.send(get());
        await eventually(() => endpoint.seen() !== '', 'the request at the endpoint');
        client.socket.destroy();
        await eventually(() => file.text() !== '', 'the line');
      }
      const [line] = file.lines();
      assert.deepEqual([line?.['DownstreamStatus'], line?.['ficusErrorCode']], [499, 'client.gone']);
      assert.equal(line?.['OriginStatus'], undefined);
    });

    test('SIGUSR1 opens the file anew after a rotation', async () => {
      using file = new LogFile();
      await using endpoint = await recordingEndpoint();
      {
        await using gateway = await startGateway({
          ...{ workers, accessLog: file.options(), ports: [endpoint.port] },
        });
        await exchange(gateway.port, get('/before'));
        await eventually(() => file.text().includes('/before'), 'the first line');
        renameSync(file.filePath, `${file.filePath}.1`);
        process.kill(process.pid, 'SIGUSR1');
        await eventually(() => existsSync(file.filePath), 'the new file');
        await exchange(gateway.port, get('/after'));
      }
      assert.deepEqual(
        file.lines().map((line) => line['RequestPath']),
        ['/after'],
      );
      assert.equal(process.listenerCount('SIGUSR1'), 0);
    });
  });
}

test('the common format is one line of CLF', async () => {
  using file = new LogFile();
  await using endpoint = await recordingEndpoint();
  {
    await using gateway = await startGateway({
      ...{ accessLog: file.options({ format: 'common' }), ports: [endpoint.port] },
    });
    await exchange(gateway.port, get('/a'));
  }
  assert.match(
    file.text(),
    /^127\.0\.0\.1 - - \[.{26}\] "GET \/a HTTP\/1\.1" 200 2 "-" "-" 1 "prefix \/@file" "http:\/\/127\.0\.0\.1:\d+" \d+ms\n$/,
  );
});

test('retries, upgrades and responses that break off', async () => {
  using file = new LogFile();
  await using gone = await recordingEndpoint();
  const closedPort = gone.port;
  await gone[Symbol.asyncDispose]();
  await using switching = await scriptedEndpoint(
    answering('HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  );
  await using breaking = await scriptedEndpoint((peer) => {
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    peer.socket.end();
  });
  await using alive = await recordingEndpoint();
  {
    await using gateway = await startGateway({
      accessLog: file.options(),
      services: [
        loadBalancer('retried', [endpointModel(closedPort), endpointModel(alive.port)]),
        loadBalancer('switching', [endpointModel(switching.port)]),
        loadBalancer('breaking', [endpointModel(breaking.port)]),
      ],
      routers: [prefixRouter('/retried', 0), prefixRouter('/up', 1), prefixRouter('/half', 2)],
    });
    await exchange(gateway.port, get('/retried'));
    using upgraded = await rawClient(gateway.port);
    upgraded.send('GET /up HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await upgraded.until(() => upgraded.received.includes('101'), 'the switch');
    using broken = await rawClient(gateway.port);
    broken.send(get('/half'));
    await broken.untilClosed();
  }
  const [retried, switched, half] = file.lines();
  assert.equal(retried?.['RetryAttempts'], 1);
  assert.equal(retried?.['ServiceAddr'], `127.0.0.1:${alive.port}`);
  assert.deepEqual([switched?.['DownstreamStatus'], switched?.['OriginStatus']], [101, 101]);
  assert.deepEqual([half?.['DownstreamStatus'], half?.['ficusErrorCode']], [200, 'endpoint.broke-off']);
});

test('filters: whatever one of them takes', async () => {
  using file = new LogFile();
  const config = {
    filePath: 'access.log',
    format: 'json',
    filters: { statusCodes: ['400', '404-410'] },
  } as const;
  await using endpoint = await recordingEndpoint();
  {
    await using gateway = await startGateway({
      accessLog: accessLogOptions(config, file.folder),
      services: [loadBalancer('s', [endpointModel(endpoint.port)])],
      routers: [prefixRouter('/in', 0)],
    });
    for (const target of ['/in', '/out']) await exchange(gateway.port, get(target));
  }
  assert.deepEqual(
    file.lines().map((line) => line['RequestPath']),
    ['/out'],
  );
});

test('a drain that cuts a request logs who cut it', async () => {
  using file = new LogFile();
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({ accessLog: file.options(), ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(get());
  await eventually(() => endpoint.seen() !== '', 'the request at the endpoint');
  assert.equal((await gateway.plane.drain({ lameDuckMs: 0, graceMs: 0 })).cut, 1);
  assert.equal(file.lines()[0]?.['ficusErrorCode'], 'gateway.draining');
});

test('a client cannot fill a line, nor show it what is secret', async () => {
  using file = new LogFile();
  await using endpoint = await recordingEndpoint();
  {
    await using gateway = await startGateway({ accessLog: file.options(), ports: [endpoint.port] });
    const request = `GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\nAuthorization: Bearer s3cret\r\n\r\n`;
    await exchange(gateway.port, request);
  }
  assert.ok(file.text().length < 3500);
  assert.doesNotMatch(file.text(), /s3cret/);
  assert.equal(file.lines()[0]?.['ClientHost'], '127.0.0.1');
});

test('who was let in is logged, who was not is not, and no password', async () => {
  using file = new LogFile();
  await using endpoint = await recordingEndpoint();
  const model = modelFrom(`
http:
  routers: { r: { rule: PathPrefix(\`/\`), service: s, middlewares: [auth] } }
  middlewares: { auth: { basicAuth: { users: ["ann:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="] } } }
  services:
${balancers({ s: [endpoint.port] })}
`);
  {
    await using gateway = await startGateway({ model, accessLog: file.options() });
    for (const credentials of ['ann:test', 'hunter2:', 'ann:hunter2']) {
      const field = `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`;
      await exchange(gateway.port, `GET / HTTP/1.1\r\nHost: h\r\n${field}\r\n\r\n`);
    }
  }
  const seen = file
    .lines()
    .map((line) => [line['DownstreamStatus'], line['ClientUsername'], line['ficusErrorCode']]);
  assert.deepEqual(seen, [
    [200, 'ann', undefined],
    [401, undefined, 'client.unauthorized'],
    [401, undefined, 'client.unauthorized'],
  ]);
  assert.doesNotMatch(file.text(), /hunter2|aHVudGVyMg/);
});
