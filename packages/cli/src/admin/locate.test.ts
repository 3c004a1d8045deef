import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { capturedIo } from '../testing/captured-io.ts';
import { locateAdmin } from './locate.ts';
import { socketOfConfig } from './socket-of-config.ts';

test('a parent that was installed is found last, and without any option', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'ficus-locate-'));
  const installed = join(cwd, 'parent.yaml');
  const socketOf = async (file: string) =>
    file === installed ? '/var/lib/ficus-parent/admin.sock' : undefined;
  try {
    const io = capturedIo({ cwd });
    await assert.rejects(locateAdmin({}, io, socketOf, installed), {
      code: 'admin.not-found',
      message: /tried .*state\/admin\.sock and .*parent\.yaml \(not there\)/,
    });
    await writeFile(installed, '');
    assert.deepEqual(await locateAdmin({}, io, socketOf, installed), {
      kind: 'socket',
      path: '/var/lib/ficus-parent/admin.sock',
      from: `from ${installed}`,
    });
    const told = await locateAdmin({}, capturedIo({ cwd, env: { FICUS_SOCKET: '/s' } }), socketOf, installed);
    assert.deepEqual(told, { kind: 'socket', path: '/s', from: 'from FICUS_SOCKET' });
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test('a file that is not there is told with its option', async () => {
  const io = capturedIo({ cwd: tmpdir() });
  await assert.rejects(locateAdmin({ config: 'no-such.yaml' }, io, socketOfConfig), {
    code: 'cli.usage',
    message: '--config no-such.yaml: there is no such file',
  });
  await assert.rejects(locateAdmin({ url: 'http://p', tokenFile: 'no-such' }, io, socketOfConfig), {
    code: 'cli.usage',
    message: '--token-file no-such: there is no such file',
  });
  await assert.rejects(locateAdmin({ config: '.' }, io, socketOfConfig), {
    message: "--config .: it can't be read (EISDIR)",
  });
});
