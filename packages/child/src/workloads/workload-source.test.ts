import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';
import { loadChildConfig } from '../state/load-config.ts';
import { WorkloadSource } from './workload-source.ts';

/** Timers that keep the test's process alive while it waits. */
const clock: Clock = {
  ...systemClock,
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};
const own = (...services: readonly string[]) => `
stateDirectory: ./state
providers: {file: {directory: dynamic}}
uplinkEntryPoints: {uplink: {address: "127.0.0.1:0"}}
http: {services: {${services.map((name) => `${name}: {loadBalancer: {}}`).join(', ')}}}
`;
const uplink = (name: string, service = 'here@child') => `
http:
  uplinks: {${name}: {}}
  routers: {${name}: {rule: 'PathPrefix(\`/\`)', service: ${service}, uplinks: [${name}]}}
`;

test('a bad file of its folder holds only itself, until child.yaml brings what it lacks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ficus-source-'));
  const configFile = join(folder, 'child.yaml');
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const logged: { msg: string; held?: { file: string; counts: boolean }[] }[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(JSON.parse(line)) } });
  await mkdir(join(folder, 'dynamic'));
  await write('child.yaml', own('here'));
  await write('dynamic/a.yaml', uplink('a'));
  await write('dynamic/b.yaml', uplink('b'));
  let offers = '';
  const config = await loadChildConfig(configFile, log);
  const source = new WorkloadSource({
    ...{ config, configFile, clock, log },
    onChange: (next) => {
      offers = next.offers.map(({ name }) => name).join();
    },
  });
  const until = async (what: string, condition: () => boolean) => {
    const deadline = performance.now() + 5000;
    while (!condition()) {
      if (performance.now() > deadline) assert.fail(`${what}: ${offers}; ${JSON.stringify(logged)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  try {
    assert.equal((await source.start()).good, true);
    await write('dynamic/a.yaml', uplink('a2', 'coming@child'));
    await until('a is held', () => logged.at(-1)?.held?.[0]?.counts === true);
    assert.equal(offers, '', 'nothing else to serve');
    await write('dynamic/b.yaml', uplink('b2'));
    await until('b is taken up', () => offers === 'a,b2');
    await write('child.yaml', own('here', 'coming'));
    await until('a is taken up', () => offers === 'a2,b2');
  } finally {
    source.close();
    await rm(folder, { recursive: true });
  }
});
