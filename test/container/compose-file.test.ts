import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkFiles } from '@ficus/cli/commands/check-files.ts';
import { parse } from 'yaml';
import { composeFile, networksOf, repository } from './compose-file.ts';

const compose = composeFile();
const services = Object.entries(compose.services);
const read = (file: string) => readFileSync(join(repository, file), 'utf8');
const yaml = (name: string) => parse(read(`deploy/container/${name}`));

test('no container can write but to its volume, or become more than it is', () => {
  for (const [name, service] of services) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.deepEqual(service.tmpfs, ['/tmp'], name);
    assert.equal(service.privileged, undefined, name);
    assert.equal(service.cap_add, undefined, name);
    for (const volume of service.volumes ?? []) assert.doesNotMatch(volume, /docker\.sock/, name);
  }
});

test('what is published is published on this machine alone', () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports);
  assert.equal(ports.length, 2);
  for (const port of ports) assert.match(port, /^\$\{[A-Z_]+:-127\.0\.0\.1:\d+\}:\d+$/);
});

test('names in it are of something', () => {
  for (const [name, service] of services) {
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':');
      assert.ok(from.startsWith('./') ? existsSync(join(repository, from)) : from in compose.volumes, volume);
    }
    for (const network of networksOf(service)) assert.ok(network in compose.networks, `${name}: ${network}`);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const before = compose.services[other];
      assert.ok(before, `${name}: ${other}`);
      const wanted = before.restart === 'no' ? 'service_completed_successfully' : 'service_healthy';
      assert.equal(condition, wanted, `${name}: ${other}`);
    }
  }
});

test('a workload is reached by its child alone, and a child by the parent alone', () => {
  const inside = (network: string) =>
    services.filter(([, service]) => networksOf(service).includes(network)).map(([name]) => name);
  assert.deepEqual(inside('vm-1'), ['vm-1', 'monolith']);
  assert.deepEqual(inside('cluster-1'), ['cluster-1', 'orders']);
  assert.deepEqual(inside('mesh'), ['parent', 'vm-1', 'cluster-1']);
  assert.deepEqual(inside('door'), ['parent', 'otel-collector']);
  for (const network of ['vm-1', 'cluster-1', 'mesh', 'telemetry'])
    assert.equal(compose.networks[network]?.internal, true, network);
});

test('only the parent has its state, and its admin socket goes to who invites', () => {
  const having = (volume: string) =>
    services
      .filter(([, { volumes = [] }]) => volumes.some((one) => one.startsWith(`${volume}:`)))
      .map(([name]) => name);
  assert.deepEqual(having('parent-state'), ['parent', 'telemetry-token']);
  assert.deepEqual(having('parent-socket'), ['parent', 'invite-vm-1', 'invite-cluster-1']);
  for (const name of ['invite-vm-1', 'invite-cluster-1', 'telemetry-token'])
    assert.equal(compose.services[name]?.network_mode, 'none', name);
});

test('the configuration in deploy/container is good', async () => {
  const names = ['cluster-1', 'parent', 'vm-1'].map((name) => `deploy/container/${name}.yaml`);
  const checked = await checkFiles(names, repository);
  assert.deepEqual(
    checked.map(({ file, kind, problems }) => [file, kind, problems]),
    [
      ['deploy/container/cluster-1.yaml', 'child', []],
      ['deploy/container/parent.yaml', 'parent', []],
      ['deploy/container/routes.yaml', 'dynamic', []],
      ['deploy/container/vm-1.yaml', 'child', []],
    ],
  );
});

test('configuration and compose file speak of the same names, ports and files', () => {
  const parent = yaml('parent.yaml');
  assert.ok('parent' in compose.services);
  assert.match(compose.services['parent']?.ports?.[0] ?? '', /:8080$/);
  assert.equal(parent.entryPoints.web.address, ':8080');
  assert.equal(compose.services['parent']?.environment?.['FICUS_SOCKET'], parent.admin.socket);
  for (const child of ['vm-1', 'cluster-1']) {
    const { join: joining, workloads, uplinkEntryPoints, stateDirectory } = yaml(`${child}.yaml`);
    assert.equal(joining.url, parent.join.advertise);
    assert.equal(joining.address, `${child}${uplinkEntryPoints.uplink.address}`);
    assert.equal(joining.tokenFile, `${stateDirectory}/join-token`);
    const invite = compose.services[`invite-${child}`];
    assert.deepEqual(invite?.command, [child, Object.keys(workloads).join(',')]);
    assert.deepEqual(compose.services[child]?.volumes, [`${child}-state:${stateDirectory}`]);
    assert.equal(compose.services[child]?.command?.at(-1), `${stateDirectory}/child.yaml`);
    for (const { url } of Object.values<{ url: string }>(workloads))
      assert.ok(networksOf(compose.services[new URL(url).hostname] ?? { image: '' }).includes(child), url);
  }
});

test('the collector asks where the parent has its metrics, with the token it was given', () => {
  const { receivers, service } = yaml('otel-collector.yaml');
  const [scrape] = receivers.prometheus.config.scrape_configs;
  const [{ names, port }] = scrape.dns_sd_configs;
  assert.equal(`${names[0]}:${port}`, yaml('parent.yaml').admin.address);
  const { networks } = compose.services['parent'] ?? {};
  assert.deepEqual(networks, { door: {}, mesh: {}, telemetry: { aliases: names } });
  assert.match(
    compose.services['telemetry-token']?.command?.[0] ?? '',
    new RegExp(`${scrape.authorization.credentials_file}$`),
  );
  assert.ok(compose.services['otel-collector']?.volumes?.includes('telemetry-token:/run/ficus:ro'));
  assert.deepEqual(service.pipelines.metrics.receivers, ['prometheus']);
});
