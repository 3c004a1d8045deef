/** `ficus cloud-init --prism-create`: from a parent and a Prism Central to a VM that is on and knows how to join. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TokenInfo } from '@ficus/common/api/admin.ts';
import { eventually, startParent } from '../harness/harness.ts';
import { installBundle } from '../harness/install-bundle.ts';
import { startPrismSimulator } from '../prism/simulator.ts';

test('a VM is made with user-data; one that could not be made leaves no token', async () => {
  await using bundle = await installBundle(Buffer.from('#!/bin/sh\n'));
  await using parent = await startParent({ static: { install: { directory: bundle.path } } });
  await using prism = await startPrismSimulator();
  prism.addCategory('TraefikServiceName', 'orders');
  await bundle.write('key', `${prism.apiKey}\n`);
  await bundle.write('ca.pem', prism.ca);
  await eventually(async () => (await parent.admin<{ bundle?: object }>('/install')).bundle !== undefined);
  const create = (...args: readonly string[]) =>
    parent.cloudInit(
      ...[
        '--prism',
        prism.url,
        '--prism-api-key-file',
        bundle.file('key'),
        '--prism-ca-file',
        bundle.file('ca.pem'),
      ],
      ...['--prism-create', '--cluster', 'ahv-01', '--subnet', 'vlan173', '--image', 'debian-12', '--json'],
      ...['--vcpus', '4', '--memory', '4GiB', '--category', 'TraefikServiceName=orders', ...args],
    );
  const states = async () =>
    (await parent.admin<{ tokens: TokenInfo[] }>('/tokens')).tokens.map(({ state }) => state);

  const made = await create();
  assert.equal(made.code, 0, made.stderr);
  const { userData, vm, tokenId } = JSON.parse(made.stdout) as {
    userData: string;
    tokenId: string;
    vm: { extId: string; addresses: string[] };
  };
  const record = prism.inventory.vm(vm.extId);
  assert.deepEqual([record.powerState, record.numSockets, record.memorySizeBytes], ['ON', 4, 4 * 2 ** 30]);
  assert.equal(vm.addresses.length, 1);
  const customization = JSON.stringify(record.guestCustomization);
  assert.ok(customization.includes(Buffer.from(userData).toString('base64')), 'the VM has this user-data');
  assert.ok(userData.includes(`v1.${tokenId}.`));
  assert.ok(!`${userData}${made.stderr}`.includes(prism.apiKey), 'the key is in none of it');
  assert.match(made.stderr, /creating VM vm-1 .*\npowering on vm-1/);
  assert.deepEqual(await states(), ['unused']);

  const again = await create();
  assert.equal(again.code, 1);
  assert.match(again.stderr, /code: prism\.vm-exists/);
  assert.deepEqual((await states()).sort(), ['revoked', 'unused']);

  const { roots } = await parent.admin<{ roots: string[] }>('/pki/roots');
  await bundle.write('parent.pem', roots.join(''));
  await bundle.write('wrong-key', 'nobody');
  const refused = await create('--create-api-key-file', bundle.file('wrong-key'));
  assert.match(
    refused.stderr,
    /code: prism\.unauthorized\n {2}do: make a new key .* the file of --create-api-key-file\n/,
  );
  assert.deepEqual((await states()).sort(), ['revoked', 'revoked', 'unused']);

  const untrusted = await create('--prism-ca-file', bundle.file('parent.pem'));
  assert.match(untrusted.stderr, /code: prism\.untrusted\n {2}do: name the CA with --prism-ca-file; /);
});
