import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AccessRecord, type LoggedRequest } from './access-record.ts';
import { commonLine, jsonLine, type Outcome } from './format.ts';

const outcome: Outcome = { status: 200, durationMs: 12.5, originMs: 10, count: 7 };
const startedAt = Date.UTC(2026, 10, 20, 22, 30, 1);

function record(more: Partial<LoggedRequest> = {}): AccessRecord {
  const request: LoggedRequest = {
    ...{ method: 'GET', target: '/a?q=1', authority: 'shop.test:81', protocol: 'HTTP/1.1', secure: true },
    ...{ entryPoint: 'web', peerAddress: '10.0.0.1', peerPort: 5000, clientHost: '10.0.0.1' },
    ...more,
  };
  const made = new AccessRecord(request, startedAt, 0);
  made.bytes = 42;
  return made;
}

function forwarded(): AccessRecord {
  const made = record();
  made.route = { name: ['shop', 'file'], service: { name: ['shop', 'multicluster'] } };
  made.forward = {
    endpoint: { pool: { address: { scheme: 'https', host: '::1', port: 9443 } } },
    ...{ leg: { key: 'vm-1' }, attempts: 2, responded: true },
  };
  return made;
}

test('common: the line that Traefik writes', () => {
  assert.equal(
    commonLine(forwarded(), outcome),
    '10.0.0.1 - - [20/Nov/2026:22:30:01 +0000] "GET /a?q=1 HTTP/1.1" 200 42 "-" "-" 7 "shop@file" "https://[::1]:9443" 13ms\n',
  );
  assert.equal(
    commonLine(record({ method: '' }), { ...outcome, status: 400 }),
    '10.0.0.1 - - [20/Nov/2026:22:30:01 +0000] "-" 400 42 "-" "-" 7 "-" "-" 13ms\n',
  );
});

test('json: Traefik’s names, durations in nanoseconds', () => {
  const line = JSON.parse(jsonLine(forwarded(), outcome)) as Record<string, unknown>;
  assert.deepEqual(line, {
    time: '2026-11-20T22:30:01.000Z',
    StartUTC: '2026-11-20T22:30:01.000Z',
    Duration: 12_500_000,
    entryPointName: 'web',
    ClientAddr: '10.0.0.1:5000',
    ClientHost: '10.0.0.1',
    ClientPort: '5000',
    RequestMethod: 'GET',
    RequestPath: '/a?q=1',
    RequestAddr: 'shop.test:81',
    RequestHost: 'shop.test',
    RequestPort: '81',
    RequestProtocol: 'HTTP/1.1',
    RequestScheme: 'https',
    RequestCount: 7,
    DownstreamStatus: 200,
    DownstreamContentSize: 42,
    Overhead: 2_500_000,
    RouterName: 'shop@file',
    ServiceName: 'shop@multicluster',
    RetryAttempts: 1,
    OriginDuration: 10_000_000,
    OriginStatus: 200,
    ServiceURL: 'https://[::1]:9443',
    ServiceAddr: '[::1]:9443',
    ficusLeg: 'vm-1',
  });
});

test('who the client has proved to be, with nothing in it that ends a word', () => {
  const made = record();
  made.clientUsername = 'an "n"';
  assert.match(commonLine(made, outcome), /^10\.0\.0\.1 - an\\x20\\"n\\" \[/);
  assert.equal(JSON.parse(jsonLine(made, outcome)).ClientUsername, 'an "n"');
});

test('a body that is never sent has no size', () => {
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 304],
  ] as const) {
    const line = JSON.parse(jsonLine(record({ method }), { ...outcome, status }));
    assert.equal(line.DownstreamContentSize, 0);
  }
});

test('whatever clients send stays in its field and on its line', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(text, text, text, text, (method, target, authority, clientHost) => {
      const made = record({ method: `M${method}`, target, authority, clientHost });
      const json = jsonLine(made, outcome);
      const common = commonLine(made, outcome);
      assert.match(json, /^[ -~]*\n$/);
      assert.match(common, /^[ -~]*\n$/);
      const parsed = JSON.parse(json) as Record<string, unknown>;
      assert.deepEqual(
        [parsed['RequestMethod'], parsed['RequestPath'], parsed['RequestAddr'], parsed['ClientHost']],
        [`M${method}`, target, authority, clientHost],
      );
      assert.match(
        common,
        /^\S+ - - \[[^\]]+\] "(?:[^"\\]|\\.)*" 200 42 "-" "-" 7 "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*" 13ms\n$/,
      );
    }),
  );
});
