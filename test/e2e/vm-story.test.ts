/** The whole story but for the VM: user-data, installation, join, a VM tagged in Prism Central, a routed request. */
import assert from 'node:assert/strict';
import { access, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { ficusCommand } from '../harness/ficus.ts';
import { firstBoot } from '../harness/first-boot.ts';
import { eventually, freePort, Managed, startParent, startWorkload } from '../harness/harness.ts';
import { installBundle } from '../harness/install-bundle.ts';
import { startPrismSimulator } from '../prism/simulator.ts';

test('from ficus cloud-init to the first routed request, with nobody logging in', async () => {
  await using bundle = await installBundle(Buffer.from('#!/bin/sh\n'));
  await using prism = await startPrismSimulator();
  await using workload = await startWorkload({ name: 'shop' });
  await using parent = await startParent({
    static: { install: { directory: bundle.path } },
    dynamic: { http: { routers: { orders: { rule: 'PathPrefix(`/`)', service: 'orders@multicluster' } } } },
  });
  prism.addVm({ name: 'orders-01', address: '127.0.0.1' });
  prism.tag('orders-01', 'TraefikServiceName', 'orders');

  const port = await freePort();
  await bundle.write('key', prism.apiKey);
  await bundle.write('ca.pem', prism.ca);
  await bundle.write('own.yaml', { uplinkEntryPoints: { uplink: { address: `127.0.0.1:${port}` } } });
  const services = { orders: { loadBalancer: { server: { port: workload.port } } } };
  await bundle.write('base.yaml', { http: { services } });
  await eventually(async () => (await parent.admin<{ bundle?: object }>('/install')).bundle !== undefined);
  const made = await parent.cloudInit(
    ...['--child-config', bundle.file('own.yaml'), '--address', `127.0.0.1:${port}`],
    ...[
      '--prism',
      prism.url,
      '--prism-api-key-file',
      bundle.file('key'),
      '--prism-ca-file',
      bundle.file('ca.pem'),
    ],
    ...['--base-file', bundle.file('base.yaml'), '--poll-interval', '2s'],
  );
  assert.equal(made.code, 0, made.stderr);
  assert.ok(!made.stdout.includes(prism.apiKey));

  await using machine = await firstBoot(made.stdout);
  machine.run();
  await machine.says(/installed ficus/);
  // What `systemctl restart ficus-child` does.
  await using child = new Managed({
    name: 'child vm-1',
    ...ficusCommand(['child', '--config', machine.file('/etc/ficus/child.yaml')]),
  });
  await eventually(
    async () => (await parent.get('/')).servedBy === 'shop',
    15_000,
    `a routed request; the child said ${child.output}`,
  );

  assert.equal(await machine.exited, 0, machine.said);
  await assert.rejects(access(machine.file('/var/lib/ficus-child/join-token')), 'the token is gone');
  const secret = machine.file('/var/lib/ficus-child/secrets/prism-api-key');
  assert.equal(await readFile(secret, 'utf8'), prism.apiKey);
  assert.equal((await stat(secret)).mode & 0o777, 0o600);
  assert.ok(!child.output.includes(prism.apiKey));
});
