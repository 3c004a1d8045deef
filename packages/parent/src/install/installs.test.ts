import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FicusError } from '@ficus/common/errors.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { openBundle } from './bundle.ts';
import { bundleFolder } from './fixture.ts';
import { Installs } from './installs.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a failed bundle is shown, told once, and tried again every minute', async () => {
  await using folder = await bundleFolder();
  const clock = new ManualClock();
  const log: string[] = [];
  let full = true;
  const installs = new Installs({
    clock,
    log: (_level, message) => void log.push(message),
    open: async (signal) => {
      if (full) throw new FicusError('install.disk-full', 'disk full', { remedy: 'free space', status: 507 });
      return openBundle(folder.path, signal);
    },
  });
  assert.throws(() => installs.bundle, { code: 'install.preparing', status: 503 });
  installs.start();
  for (let minute = 0; minute < 3; minute++) {
    await settled();
    assert.throws(() => installs.bundle, { code: 'install.disk-full', status: 503 });
    assert.equal(installs.failure?.code, 'install.disk-full');
    assert.deepEqual(installs.status.problem, {
      code: 'install.disk-full',
      message: 'disk full',
      remedy: 'free space',
    });
    clock.advance(60_000);
  }
  await settled();
  full = false;
  clock.advance(60_000);
  while (installs.failure !== undefined) await settled();
  assert.equal(installs.status.manifestSha256, installs.bundle.manifestSha256);
  assert.deepEqual(log, ['new machines cannot install from here', 'new machines can install from here']);
  await installs.close();
});

test('a parent without a bundle says so, and that is no failure', async () => {
  const common = { clock: new ManualClock(), log: () => {} };
  const none = new Installs({ ...common, open: undefined });
  none.start();
  assert.throws(() => none.bundle, { code: 'install.none', status: 404 });
  assert.match(none.status.problem?.remedy ?? '', /npm run package.*install\.directory/);
  const off = new Installs({ ...common, open: () => assert.fail('opened'), enabled: false });
  off.start();
  assert.throws(() => off.bundle, { code: 'install.disabled', status: 404 });
  assert.deepEqual([none.failure, off.failure], [undefined, undefined]);
  await Promise.all([none.close(), off.close()]);
});

test('closing stops what is being opened and does not try again', async () => {
  const clock = new ManualClock();
  let tries = 0;
  const installs = new Installs({
    clock,
    log: () => assert.fail('logged'),
    open: (signal) => {
      tries++;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    },
  });
  installs.start();
  await installs.close();
  clock.advance(600_000);
  assert.equal(tries, 1);
});
