/** Bad configuration: what runs keeps running, and the mistake is named with its place. */
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  eventually,
  load,
  makeParent,
  runCli,
  startParent,
  startWorkload,
  TemporaryDirectory,
} from '../harness/harness.ts';

const router = (rule: string, service: string) => ({ rule, service });
const good = (url: string) => ({
  http: {
    routers: { all: router('PathPrefix(`/`)', 'monolith') },
    services: { monolith: { loadBalancer: { servers: [{ url }] } } },
  },
});

test('a bad reload changes nothing, is named with its place in status, and a good one mends it', async () => {
  await using workload = await startWorkload({ name: 'monolith' });
  await using parent = await startParent({ dynamic: good(workload.url) });
  await eventually(async () => (await parent.get('/')).status === 200);
  const { revision } = (await parent.status()).configuration;
  const mistakes: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['an unknown key', 'http:\n  routres: {}\n', /dynamic\.yaml:2:3: .*routres.*routers/],
    ['a wrong type', 'http:\n  routers: 5\n', /dynamic\.yaml:2:12: http\.routers/],
    [
      'a bad rule',
      'http:\n  routers:\n    a: {rule: "Hots(`x`)", service: a@file}\n',
      /dynamic\.yaml:3:\d+: http\.routers\.a\.rule/,
    ],
    [
      'a reference to nothing',
      'http:\n  routers:\n    a: {rule: "Path(`/`)", service: monolit}\n  services:\n    monolith: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}\n',
      /dynamic\.yaml:3:\d+: .*monolit.*monolith/,
    ],
    [
      'a missing file',
      'tls:\n  certificates:\n    - {certFile: nothing.pem, keyFile: nothing.key}\n',
      /dynamic\.yaml:3:\d+: .*nothing\.pem/,
    ],
    ['no YAML at all', 'http: [\n', /dynamic\.yaml:\d+:\d+: /],
  ];
  for (const [what, text, message] of mistakes) {
    await parent.setDynamic(text);
    await eventually(
      async () => {
        const refused = (await parent.status()).configuration.refused ?? [];
        if (refused.some((line) => message.test(line))) return true;
        throw new Error(`${what}: refused is ${JSON.stringify(refused)}`);
      },
      5000,
      what,
    );
    assert.equal((await parent.get('/')).servedBy, 'monolith', what);
    assert.equal((await parent.status()).configuration.revision, revision, what);
    const checked = await runCli(['check', parent.directory.file('dynamic.yaml')]);
    assert.equal(checked.code, 1, what);
    assert.match(checked.stdout, message, what);
  }
  await parent.setDynamic(good(workload.url));
  await eventually(async () => (await parent.status()).configuration.refused === undefined, 5000, 'the mend');
});

test('a bad static configuration is refused at the start: place, expectation, what was found, exit code 1', async () => {
  await using directory = await TemporaryDirectory.make('bad');
  for (const [role, text, message] of [
    ['parent', 'entryPoint:\n  web: {address: ":80"}\n', /parent\.yaml:1:1: .*entryPoints/],
    [
      'parent',
      'entryPoints:\n  web: {address: eighty}\n',
      /parent\.yaml:2:18: entryPoints\.web\.address.*"eighty"/,
    ],
    [
      'child',
      'workloads:\n  orders: {url: "htp://x"}\n',
      /child\.yaml:2:17: workloads\.orders\.url.*"htp:\/\/x"/,
    ],
  ] as const) {
    const file = await directory.write(`${role}.yaml`, text);
    const result = await runCli([role, '--config', file]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, message);
    assert.match(result.stderr, /code: config\.\S+\n {2}do: /);
  }
  const missing = await runCli(['parent', '--config', directory.file('nothing.yaml')]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /nothing\.yaml/);
  assert.doesNotMatch(missing.stderr, /\n\s+at /);
  const usage = await runCli(['parent']);
  assert.equal(usage.code, 2);
});

const named = (name: string, prefix: string, url: string) => ({
  http: {
    routers: { [name]: router(`PathPrefix(\`${prefix}\`)`, name) },
    services: { [name]: { loadBalancer: { servers: [{ url }] } } },
  },
});

test('in a folder under load a bad file holds only itself, and one that is new is left out', async () => {
  await using first = await startWorkload({ name: 'first' });
  await using second = await startWorkload({ name: 'second' });
  const made = await makeParent({ static: { providers: { file: { directory: 'dynamic' } } } });
  const folder = made.directory.file('dynamic');
  await mkdir(folder);
  const write = (name: string, content: string | object) => made.directory.write(`dynamic/${name}`, content);
  await write('a.yaml', named('a', '/a', first.url));
  await write('b.yaml', named('b', '/b', first.url));
  await using parent = await made.start();
  const servedBy = async (path: string) => (await parent.get(path)).servedBy;
  const untilServed = (path: string, by: string) =>
    eventually(async () => (await servedBy(path)) === by, 5000, `${path} by ${by}`);
  const held = async () =>
    ((await parent.status()).configuration.held ?? []).map((line) => line.slice(folder.length + 1));
  const untilHeld = (...lines: readonly string[]) =>
    eventually(async () => (await held()).join() === lines.join(), 5000, `held: ${lines}`);
  await untilServed('/a', 'first');

  await using runs = load({ url: `${parent.url}/a`, concurrency: 8, ratePerSecond: 400 });
  await using beside = load({ url: `${parent.url}/b`, concurrency: 8, ratePerSecond: 400 });
  const counts = 'a.yaml still counts as it was; the other files are taken up';
  // A router that nothing is wrong with but its rule, then no YAML at all.
  await write('a.yaml', {
    http: { ...named('a', '/a', second.url).http, routers: { a: router('Hots(`x`)', 'a') } },
  });
  await untilHeld(counts);
  assert.match((await parent.status()).configuration.refused?.join() ?? '', /a\.yaml:\d+:\d+: .*Hots/);
  await write('a.yaml', 'http: [\n');
  await eventually(async () => !/Hots/.test((await parent.status()).configuration.refused?.join() ?? ''));
  await untilHeld(counts);
  await write('b.yaml', named('b', '/b', second.url));
  await untilServed('/b', 'second');
  assert.equal(await servedBy('/a'), 'first');

  await write('c.yaml', named('c', '/c', 'htp://nowhere'));
  await untilHeld(counts, 'c.yaml is left out; the other files are taken up');
  const { stdout } = await parent.cli('status');
  assert.match(stdout, /problem: configuration refused: .*c\.yaml:\d+:\d+: http\.services\.c/);
  assert.match(stdout, /problem: .*a\.yaml still counts as it was; the other files are taken up/);
  await write('a.yaml', named('a', '/a', second.url));
  await untilServed('/a', 'second');
  await untilHeld('c.yaml is left out; the other files are taken up');

  const errors = () =>
    parent.process.output.split('\n').filter((line) => line.includes('"configuration refused'));
  const before = errors().length;
  await rm(join(folder, 'c.yaml'));
  await eventually(
    async () => (await parent.status()).configuration.refused === undefined,
    5000,
    'the removal',
  );
  assert.equal(errors().length, before, 'a removed file is no mistake');
  for (const running of [runs, beside]) {
    const { failed, failures, servedBy } = await running.stop();
    assert.deepEqual([failed, failures], [0, {}]);
    assert.deepEqual(Object.keys(servedBy).sort(), ['first', 'second']);
  }
});
