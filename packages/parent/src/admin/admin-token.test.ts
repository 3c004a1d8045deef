import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { adminTokenFile, openAdminToken } from './admin-token.ts';

test('the token is made once, in a state directory that need not be there yet', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ficus-admin-token-'));
  try {
    const state = join(folder, 'state');
    await openAdminToken(state);
    assert.equal((await stat(state)).mode & 0o777, 0o700);
    const token = (await readFile(adminTokenFile(state), 'utf8')).trim();
    const check = await openAdminToken(state);
    assert.equal(check(`Bearer ${token}`), true);
    assert.equal(check(`Bearer ${token}x`), false);
    assert.equal(check(undefined), false);
  } finally {
    await rm(folder, { recursive: true });
  }
});
