import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudInit, order, prism } from './fixture.ts';

test('nothing is asked of the parent, and no token made, for what cannot be right', async () => {
  const key = { key: 'k' };
  const big = `# ${'x'.repeat(17_000)}\nworkloads: {}\n`;
  for (const [args, files, message] of [
    [['--prism', 'https://pc:9440'], {}, /--prism wants one way to log in/],
    [[...prism, '--prism-username', 'u'], key, /--prism wants one way to log in/],
    [['--base-file', 'b'], {}, /--base-file is of no use without --prism/],
    [prism, { key: '\n' }, /key: want a secret of 1 to 16384 characters on one line, found 0/],
    [prism, { key: 'one\ntwo' }, /--prism-api-key-file key: want .* on one line, found several lines/],
    [['--prism', 'http://pc', '--prism-api-key-file', 'key'], key, /error: --prism: want https:\/\//],
    [[...prism, '--poll-interval', 'soon'], key, /error: --poll-interval: want a duration/],
    [
      [...prism, '--base-file', 'b'],
      { ...key, b: 'http: {services: {orders: {loadBalancer: {servers: []}}}}' },
      /b:1:\d+: .*servers/,
    ],
    [
      [...prism, '--prism-ca-file', 'c'],
      { ...key, c: '-----BEGIN PRIVATE KEY-----' },
      /c: want certificates in PEM/,
    ],
    [['--config', 'none'], {}, /error: --config none: there is no such file/],
    [
      ['--config', 'c'],
      { c: 'workloads: {orders: {url: "http://b:1"}}' },
      /--config wants the parent's configuration, and c is a child's\n.*\n {2}do: take it along with --child-config c/,
    ],
    [['--child-config', 'none'], {}, /--child-config none: there is no such file/],
    [prism, {}, /--prism-api-key-file key: there is no such file/],
    [['--ttl', 'long'], {}, /--ttl wants a duration, got "long"/],
    [['--address', 'nowhere:x'], {}, /error: --address: want/],
    [['--address', '$(reboot):1'], {}, /error: --address: want/],
    [['--ttl', '48h'], {}, /--ttl wants 1s to 24h, got "48h"/],
    [['--child', 'VM_1'], {}, /error: --child: want/],
    [[...prism, '--prism-fingerprint', 'abc'], key, /error: --prism-fingerprint: want/],
    [
      ['--child-config', 'c'],
      { c: 'workloads: {billing: {url: "http://b:1"}}' },
      /c exposes "billing", and --workloads does not allow that name/,
    ],
    [
      ['--child-config', 'c'],
      { c: 'entryPoints: {web: {address: ":80"}}\njoin: {advertise: "https://p:8443"}' },
      /c is a parent's\n.*\n {2}do: say where the parent is with --config c/,
    ],
    [['--child-config', 'c'], { c: 'workloads: {Orders_: {url: x}}' }, /c:1:13: workloads/],
    [
      ['--child-config', 'c'],
      { c: 'name: other\nworkloads: {}' },
      /c: name is there already, and --child says it too/,
    ],
    [
      ['--child-config', 'c'],
      { c: 'join: {url: "https://p:8443", tokenFile: t, caPins: []}' },
      /c says how to join|caPins/,
    ],
    [
      ['--child-config', 'c'],
      { c: big },
      /user-data must be at most 16384 bytes, this would be \d+: \/etc\/ficus\/child\.yaml 17\d\d\d, \//,
    ],
    [
      ['--child-config', 'c'],
      { c: 'providers: {nutanixPrismCentral: {endpoint: "https://pc:9440", apiKey: hunter2}}' },
      /c holds a secret, and user-data can be read by others/,
    ],
    [
      ['--child-config', 'c', ...prism],
      { ...key, c: `providers: {nutanixPrismCentral: {endpoint: "https://pc:9440", apiKeyFile: x}}` },
      /--prism says it too/,
    ],
    [
      ['--join-address', 'other.example.com:8443'],
      {},
      /certificate has parent\.example\.com, .*and not other\.example\.com/,
    ],
    [['--join-address', 'parent.example.com'], {}, /--join-address wants host:port/],
    [['--join-address', 'a@parent.example.com:8443'], {}, /--join-address wants host:port/],
    [['--prism-create'], {}, /--prism-create wants --prism/],
    [[...prism, '--prism-create', '--cluster', 'c'], key, /wants --cluster, --subnet and --image/],
    [['--cluster', 'c'], {}, /--cluster is of no use without --prism-create/],
    [[...order, '--vcpus', '0'], key, /--vcpus wants a whole number from 1 to 999, got "0"/],
    [[...order, '--memory', '4GB'], key, /--memory wants a size, got "4GB"/],
    [[...order, '--category', 'x'], key, /--category wants <key>=<value>, got "x"/],
    [[...order, '--create-username', 'u'], key, /--prism-create wants one way to log in/],
    [
      [...order, '--create-api-key-file', 'admin'],
      key,
      /error: --create-api-key-file admin: there is no such file/,
    ],
    [[...order, '--no-provider', '--prism-ca-file', 'key'], key, /key: want certificates in PEM/],
    [['--terraform', '--prism-create'], {}, /--terraform and --prism-create are two outcomes/],
    [['--terraform', '--json'], {}, /--terraform and --json are two outcomes/],
  ] as const) {
    const result = await cloudInit(args, { files: files as Record<string, string> });
    assert.notEqual(result.code, 0, `${args}`);
    assert.match(result.err, message);
    assert.match(result.err, /\n {2}do: /);
    assert.ok(!result.asked.includes('POST /v1/tokens'), `a token for ${args}`);
    assert.equal(result.out, '');
    assert.ok(!result.err.includes('hunter2'));
  }
});
