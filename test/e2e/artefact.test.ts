/** The packaged executable, used as people use it: made here, alone in a folder, with nothing of this checkout in reach. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import type { InstallStatus } from '@ficus/common/api/install.ts';
import { archives } from '../../deploy/package/artefacts.ts';
import { type Arch, makeExecutable } from '../../deploy/package/executable.ts';
import {
  type ChildProcess,
  eventually,
  load,
  type ParentProcess,
  rssOf,
  run,
  runCli,
  send,
  startChild,
  startParent,
  startWorkload,
  TemporaryDirectory,
  type WorkloadProcess,
  without,
} from '../harness/harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const arch = process.arch as Arch;
const version = '1.2.3';

const service = 'orders@multicluster';
const dynamic = {
  http: {
    routers: {
      all: { rule: 'PathPrefix(`/`)', service },
      private: { rule: 'PathPrefix(`/private`)', service, middlewares: ['members'] },
      numbered: { rule: 'PathRegexp(`^/no-[0-9]+$`)', service, middlewares: ['stamp'] },
      squeezed: { rule: 'PathPrefix(`/squeezed`)', service, middlewares: ['squeeze'] },
    },
    middlewares: {
      // "open sesame", as htpasswd -B writes it.
      members: {
        basicAuth: { users: ['ali:$2y$04$SFGwTwUl3AGBIoet4TifBOQZaUdVhrDRMAzq5VaxYWEgNUEDrwldO'] },
      },
      stamp: { headers: { customResponseHeaders: { 'x-numbered': 'yes' } } },
      squeeze: { compress: { minResponseBodyBytes: 1 } },
    },
  },
};

let directory: TemporaryDirectory;
let executable: string;
before(async () => {
  directory = await TemporaryDirectory.make('artefact');
  executable = directory.file('ficus');
  await makeExecutable({ root, arch, file: executable, version, cache: directory.file('cache') });
  process.env['FICUS_EXECUTABLE'] = executable;
});
after(async () => {
  delete process.env['FICUS_EXECUTABLE'];
  await directory[Symbol.asyncDispose]();
});

test('it starts in under 400 ms, knows its version, and heeds no NODE_OPTIONS', async () => {
  const times: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const began = performance.now();
    // Where nobody can write, root neither.
    const told = await runCli(['--version'], { cwd: '/proc', env: { NODE_OPTIONS: '--no-such-option' } });
    times.push(performance.now() - began);
    assert.deepEqual(told, { code: 0, stdout: `${version}\n`, stderr: '' });
  }
  assert.ok(Math.min(...times) < 400, `${times.map(Math.round)} ms`);
});

test('commands, their failures and their exit codes are the same', async () => {
  await directory.write('broken.yaml', 'entryPoints: {web: {adress: ":0"}}\n');
  const told = await runCli(['parent', '--config', directory.file('broken.yaml')], { cwd: '/proc' });
  assert.equal(told.code, 1);
  assert.match(told.stderr, /broken\.yaml:1:\d+: .*did you mean "address"/s);
  assert.equal((await runCli(['no-such-command'])).code, 2);
});

describe('a parent with two workers and a child', () => {
  let workload: WorkloadProcess;
  let parent: ParentProcess;
  let child: ChildProcess;
  const notified = () => readFile(directory.file('notified'), 'utf8').catch(() => '');
  before(async () => {
    // Stands in for systemd: whoever serves under it says so through this program.
    await writeFile(
      directory.file('systemd-notify'),
      `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>${directory.file('notified')}\n`,
    );
    await chmod(directory.file('systemd-notify'), 0o755);
    workload = await startWorkload({ name: 'monolith' });
    parent = await startParent({ workers: 2, dynamic });
    child = await startChild({
      parent,
      name: 'vm-1',
      workloads: { orders: { url: workload.url } },
      env: {
        FICUS_RENEW_EVERY_MS: '1500',
        NOTIFY_SOCKET: '@unit',
        PATH: `${directory.path}:${process.env['PATH']}`,
      },
    });
    await parent.leg('orders', 'vm-1');
  });
  after(async () => {
    for (const each of [child, parent, workload]) await each?.[Symbol.asyncDispose]();
  });

  test('idle, it holds no more than from source', async () => {
    const report = await load({ url: parent.url, concurrency: 4, requests: 200 }).finished();
    assert.equal(report.failed, 0);
    const of = async (name: string, pid: number, limit: number) => {
      const mib = await rssOf(pid);
      assert.ok(mib < limit, `${name}: ${mib.toFixed(1)} MiB`);
    };
    await of('child', child.process.pid, 90);
    await of('parent', parent.process.pid, 130);
    for (const pid of await parent.workers()) await of('worker', pid, 70);
  });

  test('a request goes through; what is loaded late is there', async () => {
    assert.equal((await parent.get('/')).servedBy, 'monolith');
    const numbered = await parent.get('/no-17');
    assert.equal(numbered.headers['x-numbered'], 'yes');
    assert.equal((await parent.get('/no-x')).headers['x-numbered'], undefined);
    const squeezed = await parent.get('/squeezed', { 'accept-encoding': 'gzip' });
    assert.equal(squeezed.headers['content-encoding'], 'gzip');
  });

  test('a bcrypt password is checked by the library that it carries', async () => {
    assert.equal((await parent.get('/private')).status, 401);
    const as = (password: string) =>
      send(`${parent.url}/private`, {
        headers: { authorization: `Basic ${Buffer.from(`ali:${password}`).toString('base64')}` },
      });
    assert.equal((await as('open simsim')).status, 401);
    assert.equal((await as('open sesame')).servedBy, 'monolith');
  });

  test('the child renews its certificate in a process of its own', async () => {
    const serial = async () => {
      const { children } = await parent.admin<{ children: ChildStatus[] }>('/children');
      return children[0]?.certificate?.serial;
    };
    const before = await serial();
    await eventually(async () => (await serial()) !== before, 20_000, 'another certificate');
  });

  test('SIGHUP replaces the workers and no request fails, though an upgrade has replaced the executable', async () => {
    const old = await parent.workers();
    await rename(executable, `${executable}.old`);
    await writeFile(executable, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await using running = load({ url: parent.url, concurrency: 4, ratePerSecond: 200 });
    parent.kill('SIGHUP');
    await eventually(
      async () => {
        const now = await parent.workers();
        return now.length === old.length && now.every((pid) => !old.includes(pid));
      },
      20_000,
      'two other workers',
    );
    assert.deepEqual((await running.stop()).failures, {});
    await rename(`${executable}.old`, executable);
  });

  test('the parent has itself for new machines, and the files that go with it', async () => {
    const sum = createHash('sha256')
      .update(await readFile(executable))
      .digest('hex');
    const { bundle } = await eventually(
      async () => {
        const told = await parent.admin<InstallStatus>('/install');
        return told.bundle !== undefined && told;
      },
      30_000,
      'the install bundle',
    );
    assert.deepEqual(
      bundle?.artefacts.map((each) => [each.arch, each.executableSha256]),
      [[arch, sum]],
    );
    assert.deepEqual(bundle?.files.map(({ file }) => file).sort(), [
      'ficus-child.service',
      'ficus-parent.service',
      'install.sh',
    ]);
  });

  test('SIGTERM ends both gracefully, and systemd was told of each step', async () => {
    assert.deepEqual(await child.stop(), { code: 0, signal: null });
    assert.deepEqual(await parent.stop(), { code: 0, signal: null });
    await eventually(async () => (await notified()).split('\n').length > 2, 5000, 'what was said');
    assert.match(await notified(), /^@unit READY=1 STATUS=serving\n@unit STOPPING=1 STATUS=stopping/);
  });
});

test('the Debian package holds it, its units and its scripts', { skip: without('dpkg-deb') }, async () => {
  const bytes = await readFile(executable);
  // Quick: how small it gets is not looked at here.
  const gzip = gzipSync(bytes, { level: 1 });
  const made = await archives({
    ...{ root, arch, version, gzip, executable: bytes, time: 1_700_000_000, notices: 'none\n' },
  });
  const [name, deb] = [...made].find(([each]) => each.endsWith('.deb')) ?? assert.fail('no .deb');
  await writeFile(directory.file(name), deb);
  const info = await run('dpkg-deb', ['--info', directory.file(name)]);
  assert.match(info.stdout, /Version: 1\.2\.3\n/);
  assert.match(
    info.stdout,
    /\* +postinst +#!\/bin\/sh\n.*\* +postrm +#!\/bin\/sh\n.*\* +prerm +#!\/bin\/sh/s,
  );
  const list = await run('dpkg-deb', ['--contents', directory.file(name)]);
  assert.match(list.stdout, /-rwxr-xr-x root\/root +\d+ 2023-11-14 \d\d:13 \.\/usr\/bin\/ficus\n/);
  assert.match(list.stdout, /-rw-r--r-- root\/root .* \.\/usr\/lib\/systemd\/system\/ficus-child\.service\n/);
  const unpacked = directory.file('unpacked');
  assert.equal((await run('dpkg-deb', ['--extract', directory.file(name), unpacked])).code, 0);
  assert.ok(bytes.equals(await readFile(join(unpacked, 'usr/bin/ficus'))));
});

test('systemd understands the units', { skip: without('systemd-analyze') }, async () => {
  for (const role of ['parent', 'child']) {
    const unit = await readFile(join(root, `deploy/systemd/ficus-${role}.service`), 'utf8');
    // The command is looked up where the machine has its programs.
    const file = await directory.write(
      `ficus-${role}.service`,
      unit.replace('ExecStart=ficus', `ExecStart=${executable}`),
    );
    const told = await run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file]);
    assert.deepEqual(told, { code: 0, stdout: '', stderr: '' });
  }
});
