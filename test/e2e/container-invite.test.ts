import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CertificateInfo } from '@ficus/common/api/admin.ts';
import { TemporaryDirectory } from '../harness/directory.ts';
import { ficusEntry, runCli } from '../harness/ficus.ts';
import { type ParentProcess, startParent } from '../harness/parent.ts';

const folder = fileURLToPath(new URL('../../deploy/container/', import.meta.url));

/** A child's state directory that is invited as docker-compose.yml does it. */
class Invited {
  readonly directory: TemporaryDirectory;
  readonly state: string;

  private constructor(directory: TemporaryDirectory) {
    this.directory = directory;
    this.state = directory.file('state');
  }

  static async make(): Promise<Invited> {
    const directory = await TemporaryDirectory.make('invite');
    const command = await directory.write(
      'ficus',
      `#!/bin/sh\nexec ${process.execPath} ${ficusEntry} "$@"\n`,
    );
    await chmod(command, 0o755);
    await mkdir(directory.file('state'), { mode: 0o700 });
    return new Invited(directory);
  }

  /** What invite.sh says. */
  async invite(parent: ParentProcess): Promise<string> {
    const ran = await promisify(execFile)('/bin/sh', [join(folder, 'invite.sh'), 'vm-1', 'monolith,orders'], {
      env: {
        PATH: `${this.directory.path}:${process.env['PATH']}`,
        FICUS_SOCKET: parent.socket,
        STATE_DIRECTORY: this.state,
        CONFIGURATION_DIRECTORY: folder,
      },
    });
    return ran.stdout;
  }

  read(name: string): Promise<string> {
    return readFile(join(this.state, name), 'utf8');
  }

  /** What the child does with the file at its first start; the address of the parent is another here. */
  async join(parent: ParentProcess): Promise<void> {
    const [pin = ''] = /sha256:[0-9a-f]{64}/.exec(await this.read('child.yaml')) ?? [];
    const joined = await runCli([
      'join',
      `https://127.0.0.1:${parent.joinPort}`,
      ...['--token-file', join(this.state, 'join-token'), '--ca-pin', pin],
      ...['--address', '127.0.0.1:9', '--state-directory', this.state],
    ]);
    assert.equal(joined.code, 0, joined.stderr);
  }

  identity(): Promise<string> {
    return this.read('identity/current/certificate.pem');
  }
}

test('a child is invited once, again when its certificate is of no use, and not when it was revoked', async () => {
  await using parent = await startParent({});
  const invited = await Invited.make();
  await using _ = invited.directory;

  assert.equal(await invited.invite(parent), 'vm-1 is invited\n');
  assert.equal((await stat(join(invited.state, 'join-token'))).mode & 0o777, 0o600);
  await invited.join(parent);
  const [identity, configuration] = await Promise.all([invited.identity(), invited.read('child.yaml')]);

  assert.equal(await invited.invite(parent), 'vm-1 has joined already\n');
  assert.equal(await invited.identity(), identity);
  assert.equal(await invited.read('child.yaml'), configuration, 'with the same pin');

  const { certificates } = await parent.admin<{ certificates: CertificateInfo[] }>('/certificates');
  const [{ serial }] = certificates as [CertificateInfo];
  await parent.json('pki', 'revoke', serial, '--reason', 'test');
  assert.equal(await invited.invite(parent), 'vm-1 has joined already, and was revoked: left as it is\n');
  assert.equal(await invited.identity(), identity);

  await using other = await startParent({});
  assert.equal(await invited.invite(other), 'vm-1 is invited\n', 'a parent that never heard of it');
  await invited.join(other);
  assert.notEqual(await invited.identity(), identity);
});
