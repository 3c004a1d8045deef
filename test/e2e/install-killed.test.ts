/** install.sh is killed in the middle of an upgrade, on what it takes for the machine's own folders. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { InstallStatus } from '@ficus/common/api/install.ts';
import { eventually, startParent, TemporaryDirectory } from '../harness/harness.ts';
import { installBundle, installScript } from '../harness/install-bundle.ts';

/** Only as root, in a mount namespace of its own, where what an installation writes to is empty. */
const own =
  'mount -t tmpfs t /usr/local/bin && mount -t tmpfs t /var/lib && mount -t tmpfs t /run && mount -t tmpfs t /etc';
const namespaces = spawnSync('unshare', ['-m', 'sh', '-c', own]).status === 0;

test('an upgrade that is killed halfway restarts the child at the next try', {
  skip: namespaces ? false : 'wants root and mount namespaces',
}, async () => {
  await using bundle = await installBundle(Buffer.from('#!/bin/sh\necho installed\n'));
  await using parent = await startParent({ static: { install: { directory: bundle.path } } });
  const status = await eventually(async () => {
    const answer = await parent.admin<InstallStatus>('/install');
    return answer.bundle === undefined ? Promise.reject(new Error('it is prepared')) : answer;
  });
  await using stubs = await TemporaryDirectory.make('stubs');
  const stub = async (name: string, script: string) => {
    await stubs.write(name, `#!/bin/sh\n${script}\n`);
    await chmod(stubs.file(name), 0o755);
  };
  for (const name of ['getent', 'chown', 'systemctl']) {
    await stub(name, `echo ${name} "$@" >>${stubs.file('log')}`);
  }
  const ca = await stubs.write('ca.pem', status.roots.join(''));
  const install = `/bin/sh ${installScript} --url ${status.joinUrl} --ca-file ${ca} --sha256 ${status.manifestSha256}`;
  // Killed where it hurts most: the new executable is there, and nothing else has happened.
  await stub('killing-mv', `/bin/mv "$@"; rm -f ${stubs.file('mv')}; kill -9 $PPID`);
  const story = `mkdir -p /run/systemd/system /etc/ficus && : >/etc/ficus/child.yaml
${install}; echo "first $?"
echo older >/usr/local/bin/ficus; cp ${stubs.file('killing-mv')} ${stubs.file('mv')}
${install}; echo "killed $?"; ${install}; echo "again $?"; ${install}; echo "and again $?"`;
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', `${own} && ${story}`], {
    env: { PATH: `${stubs.path}:${process.env['PATH']}` },
    timeout: 60_000,
    encoding: 'utf8',
  });
  assert.match(stdout, /^first 0\nkilled 137\nagain 0\nand again 0\n$/, stderr);
  assert.match(stderr, /is installed already[\s\S]*started ficus-child/);
  const restarts = (await readFile(stubs.file('log'), 'utf8')).match(/restart ficus-child/g);
  assert.equal(
    restarts?.length,
    2,
    'at first and after the upgrade, and what changes nothing restarts nothing',
  );
});
