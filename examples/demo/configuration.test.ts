import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeChildConfig } from '@ficus/child/config/child-config.ts';
import { decodeParentConfig } from '@ficus/parent/config/parent-config.ts';
import { ahvYaml, cluster1Yaml, parentYaml, vm1Yaml } from './configuration.ts';

const ports = {
  web: 1001,
  join: 1002,
  vm1: 1003,
  cluster1: 1004,
  monolith: 1005,
  orders: 1006,
  ahv: 1007,
  billing: 1008,
};
const hex = '0123456789abcdef'.repeat(4);

test('the demo’s configuration is good', () => {
  const ahv = ahvYaml(ports, `sha256:${hex}`, { endpoint: 'https://127.0.0.1:9440', fingerprint: hex });
  const decoded = [
    decodeParentConfig(parentYaml(ports), '/demo/parent.yaml'),
    ...[vm1Yaml(ports), cluster1Yaml(ports), ahv].map((text) => decodeChildConfig(text, '/demo/child.yaml')),
  ];
  for (const one of decoded) assert.deepEqual(one.ok ? [] : one.problems, []);
});

test('the child of the VMs joins by itself, and has the key of Prism Central from its token', () => {
  const decoded = decodeChildConfig(
    ahvYaml(ports, `sha256:${hex}`, { endpoint: 'https://127.0.0.1:9440', fingerprint: hex }),
    '/demo/child.yaml',
  );
  assert.ok(decoded.ok);
  const { join, prism } = decoded.value;
  assert.equal(join?.tokenFile, '/demo/join-token');
  assert.deepEqual(prism?.login, { kind: 'apiKey', file: '/demo/state/secrets/prism-api-key' });
  assert.deepEqual([prism?.pollInterval, prism?.port], [2000, ports.billing]);
});
