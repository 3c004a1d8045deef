import assert from 'node:assert/strict';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { createLog, lineLog } from '@ficus/common/log.ts';
import { decodeParentConfig } from '../config/parent-config.ts';
import { openTrust } from './trust.ts';

const log = lineLog(createLog({ level: 'silent' }));

test('an authority that is gone is missed, not made anew, once anything rests on it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-trust-'));
  try {
    const decoded = decodeParentConfig(
      'providers: { multicluster: {} }\nstateDirectory: state\nentryPoints: { web: { address: ":0" } }\n',
      join(directory, 'parent.yaml'),
    );
    assert.ok(decoded.ok);
    const open = async (use: (trust: Awaited<ReturnType<typeof openTrust>>) => void) => {
      await using stack = new AsyncDisposableStack();
      use(await openTrust(decoded.value, { clock: systemClock, log, stack }));
    };
    const file = join(directory, 'state', 'ca', 'authority.pem');
    let pin = '';
    await open(({ authority }) => {
      pin = authority.pin;
    });
    await open(({ authority, store }) => {
      assert.equal(authority.pin, pin);
      store.createToken(
        {
          id: '0123456789abcdef',
          secretHash: '0'.repeat(64),
          child: 'vm-1',
          workloads: ['*'],
          ttlMs: 60_000,
        },
        { actor: 'test', reason: 'a token was handed out' },
      );
    });
    await rm(file);
    await assert.rejects(
      open(() => undefined),
      { code: 'authority.missing' },
    );
    await assert.rejects(access(file), { code: 'ENOENT' });
  } finally {
    await rm(directory, { recursive: true });
  }
});
