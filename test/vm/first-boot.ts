/** A VM boots with what `ficus cloud-init` printed, and serves; it loses its power, and serves again. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { firstBoot, reportOf, routed } from './boot.ts';
import type { Machine } from './machine.ts';
import { childState, tokenIn, tokenState } from './scene.ts';
import { anywhere, readableByAnybody, readableByFicus } from './secrets.ts';
import type { Site } from './site.ts';

export async function firstBootStory(t: TestContext, site: Site, userData: string): Promise<void> {
  const { parent } = site;
  const token = tokenIn(userData);
  await using machine = await site.powerOn({ name: 'first-boot', hostname: 'vm-1', userData });

  await t.test('the child joins, and a request is answered by the workload on the VM', async () => {
    const moments = await firstBoot(site, machine, 'vm-1');
    console.log(reportOf(moments));
    const child = await childState(parent, 'vm-1');
    assert.deepEqual(child?.problems, []);
    assert.deepEqual(child?.workloads, ['orders']);
    assert.equal((await parent.get('/')).body, 'orders on vm-1: /\n');
  });

  await t.test('after a reset at once it comes back by itself and serves, as the same child', async () => {
    // Nothing has had the time to reach the disk by itself.
    const before = await childState(parent, 'vm-1');
    const shown = machine.console.length;
    const from = machine.age;
    await machine.reset();
    // The old system's lines are over when the new kernel's begin.
    const up = await machine.shows(/Finished .*networking\.service/, 180_000, shown);
    await routed(parent, machine);
    console.log(`after a reset: routed ${(machine.age - up).toFixed(1)} s after its network was up`);
    console.log(`               and ${(machine.age - from).toFixed(1)} s after the reset`);
    const after = await childState(parent, 'vm-1');
    assert.equal(after?.certificate?.serial, before?.certificate?.serial);
    const journal = await machine.output('journalctl --boot --unit ficus-child --output cat');
    assert.doesNotMatch(journal, /not joined/);
  });

  await t.test('cloud-init is done, without complaint, and its schema takes the user-data', async () => {
    await machine.until(
      async () => /status: (done|error)/.test((await machine.run('cloud-init status')).stdout),
      'the end of cloud-init',
      120_000,
    );
    assert.match(await machine.output('cloud-init status --long'), /status: done/);
    assert.match(await machine.output('cloud-init schema --system'), /Valid cloud-config/);
  });

  await t.test('no secret is left', async () => {
    await machine.until(
      async () => (await machine.run('systemctl is-enabled ficus-bootstrap')).stdout.trim() === 'disabled',
      'the end of the bootstrap',
      120_000,
    );
    assert.equal(await tokenState(parent, 'vm-1'), 'used');
    assert.equal(await machine.output('ls -A /var/lib/ficus-child | grep -i token || true'), '');
    assert.deepEqual(await readableByAnybody(machine, token), []);
    assert.deepEqual(await readableByFicus(machine, token), []);
    // The user-data itself, which cloud-init keeps for root; nothing that a log collector would take along.
    const left = await anywhere(machine, token);
    assert.deepEqual(
      left.filter((file) => !file.startsWith('/var/lib/cloud/')),
      [],
    );
    const drive = await machine.run('setpriv --reuid=65534 --regid=65534 --clear-groups head -c 1 /dev/sr0');
    assert.notEqual(drive.code, 0, 'anybody can read the config drive');
  });

  await t.test('the unit runs as its own user, in its sandbox', () => sandboxed(machine));
}

/** What systemd was told is what the process got. */
async function sandboxed(machine: Machine): Promise<void> {
  await machine.until(
    async () => (await machine.run('systemctl is-active ficus-child')).stdout.trim() === 'active',
    'an active ficus-child',
    90_000,
  );
  const shown = await machine.output(
    'systemctl show ficus-child -p User -p NRestarts -p UnitFileState -p MainPID -p StatusText',
  );
  assert.match(shown, /^User=ficus$/m);
  assert.match(shown, /^NRestarts=0$/m);
  assert.match(shown, /^UnitFileState=enabled$/m);
  const pid = /^MainPID=(\d+)$/m.exec(shown)?.[1];

  const status = await machine.output(`cat /proc/${pid}/status`);
  const uid = await machine.output('id -u ficus');
  assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Seccomp:\t2$/m);
  // CAP_NET_BIND_SERVICE is bit 10.
  assert.match(status, /^CapEff:\t0000000000000400$/m);
  assert.match(status, /^CapBnd:\t0000000000000400$/m);
  const inside = `nsenter --target ${pid} --mount sh -c`;
  assert.notEqual((await machine.run(`${inside} 'touch /usr/written'`)).code, 0, 'it can write to /usr');
  assert.equal((await machine.run(`${inside} 'ls -A /home /root'`)).stdout.includes('.bashrc'), false);

  assert.equal(await machine.output('stat -c "%U:%G %a" /etc/ficus/child.yaml'), 'root:ficus 640');
  assert.equal(await machine.output('stat -c "%U:%G %a" /var/lib/ficus-child'), 'ficus:ficus 700');
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  console.log(`the child's memory in the VM: ${rss.toFixed(0)} MiB (aim: 90 MiB)`);
  console.log(`systemd: ${/^StatusText=(.*)$/m.exec(shown)?.[1] || 'no status text'}`);
}
