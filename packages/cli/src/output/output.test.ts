import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FicusError } from '@ficus/common/errors.ts';
import { configKind } from '../commands/config-kind.ts';
import { difference } from '../commands/history.ts';
import { capturedIo } from '../testing/captured-io.ts';
import { fromNow, parseSeconds, roughly } from './duration.ts';
import { reportFailure } from './failure.ts';
import { percent, shares } from './shares.ts';
import { printableLines, table } from './table.ts';

test('a table is aligned, right where asked, and has no space at the end of a line', () => {
  const text = table(
    [
      { title: 'name', value: (row: { n: string; w: number }) => row.n },
      { title: 'weight', value: (row) => row.w, right: true },
      { title: 'note', value: (row) => (row.w > 5 ? 'big' : undefined) },
    ],
    [
      { n: 'a-long-name', w: 1 },
      { n: 'b', w: 10 },
    ],
  );
  assert.equal(text, 'NAME         WEIGHT  NOTE\na-long-name       1  -\nb                10  big\n');
});

test('a caret stays below what it points at; nothing reaches the terminal as a command', () => {
  assert.equal(printableLines('bad rule\n  Host(`a`\n      ^\u001b[2J'), 'bad rule\n  Host(`a`\n      ^?[2J');
});

test('durations', () => {
  assert.equal(parseSeconds('90', '--ttl'), 90);
  assert.equal(parseSeconds('15m', '--ttl'), 900);
  assert.equal(parseSeconds('1h30m', '--ttl'), 5400);
  for (const bad of ['', '-5', '5 m', 'm', '1d', '1.5h', '1e3']) {
    assert.throws(() => parseSeconds(bad, '--ttl'), { code: 'cli.usage' }, bad);
  }
  assert.deepEqual([3, 200, 8000, 200_000].map(roughly), ['3 s', '3 min', '2 h', '2 d']);
  assert.equal(fromNow('2026-01-01T00:15:00Z', Date.parse('2026-01-01T00:00:00Z')), 'in 15 min');
  assert.equal(fromNow('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:30Z')), '30 s ago');
});

test('shares follow weight, mode and health as the gateway does', () => {
  const leg = (child: string, weight: number, mode: 'active' | 'standby' | 'off', health: 'up' | 'down') => ({
    child,
    weight,
    mode,
    health,
  });
  const of = (...legs: ReturnType<typeof leg>[]) => Object.fromEntries(shares(legs));
  assert.deepEqual(of(leg('a', 90, 'active', 'up'), leg('b', 10, 'active', 'up')), { a: 0.9, b: 0.1 });
  assert.deepEqual(of(leg('a', 90, 'active', 'down'), leg('b', 10, 'active', 'up')), { b: 1 });
  assert.deepEqual(of(leg('a', 0, 'standby', 'up'), leg('b', 10, 'active', 'up')), { b: 1 });
  assert.deepEqual(of(leg('a', 0, 'standby', 'up'), leg('b', 10, 'active', 'down')), { a: 1 });
  assert.deepEqual(of(leg('a', 0, 'active', 'up'), leg('b', 10, 'off', 'up')), {});
  assert.equal(percent(1 / 3), '33.3 %');
  assert.equal(percent(undefined), '0 %');
});

test('errors: message, code and remedy; no stack unless asked for', () => {
  const io = capturedIo();
  assert.equal(reportFailure(io, new FicusError('a.b', 'want x, got y', { remedy: 'do z' })), 1);
  assert.equal(io.written.err, 'error: want x, got y\n  code: a.b\n  do: do z\n');
  const system = capturedIo();
  reportFailure(system, Object.assign(new Error('listen EADDRINUSE: :80'), { code: 'EADDRINUSE' }));
  assert.match(system.written.err, /code: system\.eaddrinuse\n {2}do: stop the process that listens there/);
  const unknown = capturedIo();
  reportFailure(unknown, new TypeError('x is not a function'));
  assert.doesNotMatch(unknown.written.err, / at /);
  const debug = capturedIo({ env: { FICUS_DEBUG: '1' } });
  reportFailure(debug, new TypeError('x', { cause: new Error('y') }));
  assert.match(debug.written.err, /TypeError: x\n {4}at [\s\S]*caused by Error: y/);
});

test('the kind of a configuration file', () => {
  assert.equal(configKind('http:\n  routers: {}\n'), 'dynamic');
  assert.equal(configKind('{"http": {"routers": {}}}'), 'dynamic');
  assert.equal(configKind(''), 'dynamic');
  assert.equal(configKind('routers:\n  a: {}\n'), 'dynamic');
  assert.equal(configKind('apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\n'), 'dynamic');
  assert.equal(configKind('entryPoints:\n  web: {address: ":80"}\n'), 'parent');
  assert.equal(configKind('entryPoints: {}\nworkloads: {}\n'), 'child');
  assert.equal(configKind('hub:\n  uplinkEntryPoints: {}\n'), 'child');
  assert.equal(configKind('stateDirectory: x\nhttp: {}\n'), 'child');
  assert.equal(configKind('entryPoints: {}\nproviders:\n  multicluster: {}\n'), 'parent');
});

test('what changed, for the history', () => {
  assert.equal(difference({ a: 1, b: 2 }, { a: 1, b: 3, c: 4 }), 'b 2 → 3, c - → 4');
  assert.equal(difference(null, { state: 'used' }), 'state - → used');
  assert.equal(difference(undefined, undefined), '');
});
