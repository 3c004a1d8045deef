/** Bad configuration: what runs keeps running, and the mistake is named with its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, runCli, startParent, startWorkload, TemporaryDirectory } from '../harness/harness.ts';

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
