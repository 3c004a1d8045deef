/** A new machine installs from its own parent: install.sh as it is shipped, against a real parent. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { InstallStatus } from '@ficus/common/api/install.ts';
import { cuttingWay } from '../harness/cutting-way.ts';
import {
  eventually,
  find,
  type ParentProcess,
  run,
  startParent,
  TemporaryDirectory,
  without,
} from '../harness/harness.ts';
import { installBundle, installScript } from '../harness/install-bundle.ts';
import { programs } from '../harness/programs.ts';

/** Runs, and does not compress: a download that can be cut in the middle. */
const executable = Buffer.from(
  `#!/bin/sh\necho installed\nexit 0\n${randomBytes(1_500_000).toString('base64')}\n`,
);

let bundle: TemporaryDirectory;
let parent: ParentProcess;
let status: InstallStatus;

before(async () => {
  bundle = await installBundle(executable);
  parent = await startParent({ static: { install: { directory: bundle.path } } });
  status = await installStatus();
});
after(async () => {
  await parent?.[Symbol.asyncDispose]();
  await bundle?.[Symbol.asyncDispose]();
});

function installStatus(of: ParentProcess = parent): Promise<InstallStatus> {
  return eventually(async () => {
    const answer = await of.admin<InstallStatus>('/install');
    if (answer.bundle === undefined) throw new Error(JSON.stringify(answer.problem));
    return answer;
  });
}

/** A machine to install on: a folder that stands for `/`. */
async function machine() {
  const directory = await TemporaryDirectory.make('machine');
  const ca = await directory.write('ca.pem', status.roots.join(''));
  return {
    file: (name: string) => directory.file(name),
    ca,
    install: (
      options: { url?: string; sha256?: string; ca?: string; path?: string; deadline?: number } = {},
    ) =>
      sh(
        [
          ...['--url', options.url ?? status.joinUrl, '--ca-file', options.ca ?? ca],
          ...['--sha256', options.sha256 ?? status.manifestSha256 ?? ''],
          ...['--root', directory.path, '--deadline', String(options.deadline ?? 60)],
        ],
        options.path,
      ),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function sh(args: readonly string[], path = process.env['PATH']): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    execFile(
      '/bin/sh',
      [installScript, ...args],
      { timeout: 90_000, env: { PATH: path } },
      (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === 'number' ? error.code : error ? -1 : 0,
          said: stdout + stderr,
        });
      },
    );
  });
}

test('one sum installs executable and units, and again changes nothing', async () => {
  await using m = await machine();
  await mkdir(m.file('etc/ficus'), { recursive: true });
  await writeFile(m.file('etc/ficus/child.yaml'), 'name: vm-1\n', { mode: 0o666 });
  const first = await m.install();
  assert.equal(first.code, 0, first.said);
  assert.deepEqual(await readFile(m.file('usr/local/bin/ficus')), executable);
  assert.equal((await stat(m.file('usr/local/bin/ficus'))).mode & 0o777, 0o755);
  assert.equal((await stat(m.file('etc/ficus/child.yaml'))).mode & 0o777, 0o640);
  assert.equal((await stat(m.file('var/lib/ficus-child'))).mode & 0o777, 0o700);
  assert.deepEqual((await readdir(m.file('etc/systemd/system'))).sort(), [
    'ficus-child.service',
    'ficus-parent.service',
  ]);
  assert.deepEqual(await readdir(m.file('usr/local/bin')), ['ficus'], 'nothing is left of the work');

  const { ino } = await stat(m.file('usr/local/bin/ficus'));
  const again = await m.install();
  assert.equal(again.code, 0, again.said);
  assert.match(again.said, /ficus 0\.1\.0 is installed already/);
  assert.equal((await stat(m.file('usr/local/bin/ficus'))).ino, ino);
});

test('a disk that gets full while it unpacks costs nothing that was there', async () => {
  await using m = await machine();
  await mkdir(m.file('usr/local/bin'), { recursive: true });
  await writeFile(m.file('usr/local/bin/ficus'), 'the old one', { mode: 0o755 });
  // As on a full disk: what goes by is whole, and what lies on the disk is not.
  await using tools = await TemporaryDirectory.make('tools');
  await tools.write('tee', '#!/bin/sh\n/usr/bin/tee "$1" && truncate -s 1000 "$1"\n');
  await chmod(tools.file('tee'), 0o755);
  const { code, said } = await m.install({ path: `${tools.path}:${process.env['PATH']}` });
  assert.equal(code, 1, said);
  assert.match(said, /the disk of .* is full/);
  assert.equal(await readFile(m.file('usr/local/bin/ficus'), 'utf8'), 'the old one');
});

test('a download that is cut goes on where it was', { skip: without('curl') }, async () => {
  await using m = await machine();
  const { bytes = 0 } = status.bundle?.artefacts[0] ?? {};
  await using way = await cuttingWay(Number(new URL(status.joinUrl).port), bytes / 2);
  const result = await m.install({ url: `https://127.0.0.1:${way.port}` });
  assert.equal(result.code, 0, result.said);
  assert.equal(way.cuts, 1);
  assert.match(result.said, /waiting for .*ficus-linux-.*again in 1 s/);
  assert.ok(way.passed < bytes * 1.3, `${way.passed} bytes for ${bytes}: it began anew`);
  assert.deepEqual(await readFile(m.file('usr/local/bin/ficus')), executable);
});

for (const tool of ['python3', 'wget'] as const) {
  const missing = tool === 'wget' ? without('wget') : false;
  test(`${tool} will do where there is no curl`, { skip: missing }, async () => {
    await using m = await machine();
    await using only = await programs([tool]);
    const result = await m.install({ path: only.path });
    assert.equal(result.code, 0, result.said);
    assert.deepEqual(await readFile(m.file('usr/local/bin/ficus')), executable);
  });
}

test('another CA, another sum and other bytes install nothing', async () => {
  await using m = await machine();
  const nothing = () => assert.rejects(access(m.file('usr/local/bin/ficus')));

  await using other = await startParent();
  const { roots } = await other.admin<{ roots: string[] }>('/pki/roots');
  const wrongCa = await TemporaryDirectory.make('wrong-ca');
  const ca = await wrongCa.write('ca.pem', roots.join(''));
  // The first attempt says it; nobody wants to wait for the last one here.
  const refused = await saidUntil(m, ca, /not of the CA in/);
  assert.match(refused, /waiting for .*manifest\.json/);
  await wrongCa[Symbol.asyncDispose]();
  await nothing();

  const wrongSum = await m.install({ sha256: 'a'.repeat(64) });
  assert.equal(wrongSum.code, 3);
  assert.match(
    wrongSum.said,
    /error: .*manifest\.json has SHA-256 [0-9a-f]{64}, want a{64}: .*make new user-data/,
  );
  await nothing();

  // A parent looks at what it downloads from nobody; the machine looks at everything.
  const lying = await installBundle(executable, { executableSha256: 'b'.repeat(64) });
  await using liar = await startParent({ static: { install: { directory: lying.path } } });
  const its = await installStatus(liar);
  const liarsCa = await lying.write('ca.pem', its.roots.join(''));
  const inside = await m.install({ url: its.joinUrl, ca: liarsCa, sha256: its.manifestSha256 ?? '' });
  await lying[Symbol.asyncDispose]();
  assert.equal(inside.code, 1);
  assert.match(
    inside.said,
    /error: the executable in ficus-linux-\w+\.gz is not the one that the manifest names/,
  );
  await nothing();
  const good = await m.install();
  assert.equal(good.code, 0, good.said);
});

test('a CA that the machine trusts otherwise is not believed', {
  skip: without('curl') || without('openssl'),
}, async () => {
  await using m = await machine();
  await using other = await startParent();
  const { roots } = await other.admin<{ roots: string[] }>('/pki/roots');
  await using trusted = await TemporaryDirectory.make('trusted');
  const ca = await trusted.write('other.pem', roots.join(''));
  const hash = await run('openssl', ['x509', '-in', m.ca, '-noout', '-hash']);
  await trusted.write(`${hash.stdout.trim()}.0`, status.roots.join(''));
  await trusted.write('.curlrc', `capath = ${trusted.path}\n`);
  await saidUntil(m, ca, /not of the CA in/, { HOME: trusted.path });
  await assert.rejects(access(m.file('usr/local/bin/ficus')));
});

test('what is said wrong is one line and exit code 2', async () => {
  for (const [args, message] of [
    [['--url', 'http://parent:8443'], /--url wants https:\/\/parent:8443, got "http:\/\/parent:8443"/],
    [
      ['--url', 'https://p', '--ca-file', '/dev/null', '--sha256', 'XYZ'],
      /--sha256 wants 64 hexadecimal digits/,
    ],
    [['--url', 'https://p', '--ca-file', '/dev/null', '--sha256', 'ab'], /64 hexadecimal digits, got 2/],
    [['--frobnicate'], /unknown option --frobnicate/],
    [['--url'], /--url wants a value/],
  ] as const) {
    const { code, said } = await sh(args);
    assert.equal(code, 2, said);
    assert.match(said, message);
    assert.equal(said.trim().split('\n').length, 1);
  }
});

test('the script is clean', { skip: without('shellcheck') }, async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(find('shellcheck') ?? '', [installScript], (_error, stdout, stderr) => resolve(stdout + stderr));
  assert.equal(await promise, '');
});

test('the parent says what there is, and refuses what there is not', async () => {
  assert.deepEqual(status.names.includes('127.0.0.1'), true);
  assert.equal(status.bundle?.version, '0.1.0');
  await using without = await startParent();
  const none = await without.admin<InstallStatus>('/install');
  assert.equal(none.problem?.code, 'install.none');
  assert.match(none.problem?.remedy ?? '', /npm run package/);
  assert.equal(none.bundle, undefined);
});

test('files that are overwritten in place are not served, and the bundle is looked at again', {
  skip: without('curl'),
}, async () => {
  await using own = await installBundle(executable);
  await using it = await startParent({ static: { install: { directory: own.path } } });
  const { roots, joinUrl } = await installStatus(it);
  const ca = await own.write('ca.pem', roots.join(''));
  const download = () =>
    new Promise<string>((resolve) => {
      const args = ['--silent', '--cacert', ca, '--output', own.file('got'), '--write-out', '%{http_code}'];
      execFile(find('curl') ?? '', [...args, `${joinUrl}/install/install.sh`], (_error, stdout) =>
        resolve(stdout),
      );
    });
  assert.equal(await download(), '200');
  await writeFile(own.file('install.sh'), '#!/bin/sh\n# another\n');
  assert.equal(await download(), '503');
  await eventually(async () => (await download()) === '200');
  assert.match(await readFile(own.file('got'), 'utf8'), /# another/);
});

test('a bundle that cannot be served is in the status, and nothing else suffers', async () => {
  await using empty = await TemporaryDirectory.make('empty');
  await using hurt = await startParent({ static: { install: { directory: empty.path } } });
  await eventually(async () => {
    const { problems } = await hurt.status();
    return problems.some(
      ({ code, message }) => code === 'install.no-manifest' && message.includes('npm run package'),
    );
  });
  const { problem } = await hurt.admin<InstallStatus>('/install');
  assert.equal(problem?.code, 'install.no-manifest');
});

/** Runs until it says so, then ends it: what it would go on trying for minutes. */
async function saidUntil(
  m: Awaited<ReturnType<typeof machine>>,
  ca: string,
  pattern: RegExp,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const args = [
    '--url',
    status.joinUrl,
    '--ca-file',
    ca,
    '--sha256',
    status.manifestSha256 ?? '',
    '--root',
    m.file('.'),
  ];
  const child = execFile(
    '/bin/sh',
    [installScript, ...args],
    { timeout: 30_000, env: { ...process.env, ...env } },
    (_error, stdout, stderr) => reject(new Error(`it ended:\n${stdout}${stderr}`)),
  );
  let said = '';
  child.stderr?.on('data', (text: string) => {
    said += text;
    if (!pattern.test(said)) return;
    resolve(said);
    child.kill();
  });
  return promise;
}
