/** Joins that must be refused: each with its own code, nothing changed, and logged. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { ChildStatus, CreatedToken } from '@ficus/common/api/admin.ts';
import { runCli, startParent, TemporaryDirectory } from '../harness/harness.ts';

test('a join that must not succeed is refused with its own code, changes nothing, and is logged', async (t) => {
  await using parent = await startParent();
  await using directory = await TemporaryDirectory.make('joins');
  const url = `https://127.0.0.1:${parent.joinPort}`;
  const create = (child: string, ...more: string[]) =>
    parent.json<CreatedToken>('token', 'create', '--child', child, '--workloads', 'orders', ...more);
  let attempts = 0;
  const join = async (token: string, pin: string, ...more: string[]) => {
    const state = directory.file(`state-${++attempts}`);
    const result = await runCli(
      ['join', url, '--ca-pin', pin, '--state-directory', state, '--address', '127.0.0.1:1', ...more],
      { input: token },
    );
    return { ...result, joined: existsSync(`${state}/identity/current`), state };
  };
  /** Refused by us with exactly this code, and, unless nothing was sent, by the parent's log, once. */
  const refused = (result: Awaited<ReturnType<typeof join>>, code: string, logged = 1) => {
    assert.equal(result.code, 1, result.stdout);
    assert.equal(/code: (\S+)/.exec(result.stderr)?.[1], code);
    assert.match(result.stderr, /^ {2}do: \S/m);
    assert.equal(result.joined, false);
    assert.doesNotMatch(result.stderr, / at .*\.[jt]s:\d+/, 'no stack trace');
    const lines = parent.process.output.split('\n').filter((line) => line.includes('"msg":"join refused"'));
    const found = lines.filter((line) => line.includes(`"code":"${code}"`));
    assert.equal(found.length, logged, `the parent logs ${code}: ${lines.join('\n')}`);
  };
  const children = async () => (await parent.admin<{ children: ChildStatus[] }>('/children')).children;

  await t.test('a wrong CA pin: nothing is sent, so the token is still good', async () => {
    const token = await create('vm-1');
    refused(await join(token.token, `sha256:${'0'.repeat(64)}`), 'join.pin-mismatch', 0);
    const { tokens } = await parent.admin<{ tokens: { id: string; state: string }[] }>('/tokens');
    assert.equal(tokens.find((one) => one.id === token.id)?.state, 'unused');
  });
  await t.test('a forged token', async () => {
    const token = await create('vm-2');
    const forged = token.token.slice(0, -4) + (token.token.endsWith('AAAA') ? 'BBBB' : 'AAAA');
    refused(await join(forged, token.caPin), 'token.forged');
    refused(await join('not a token', token.caPin), 'token.malformed', 0);
  });
  await t.test('a revoked token', async () => {
    const token = await create('vm-3');
    await parent.json('token', 'revoke', token.id);
    refused(await join(token.token, token.caPin), 'token.revoked');
  });
  await t.test('an expired token', async () => {
    const token = await create('vm-4', '--ttl', '1s');
    // The token's own life is what is waited for.
    await new Promise((resolve) => setTimeout(resolve, Date.parse(token.expiresAt) - Date.now() + 50));
    refused(await join(token.token, token.caPin), 'token.expired');
  });
  await t.test('a token of another child', async () => {
    const token = await create('vm-5');
    refused(await join(token.token, token.caPin, '--name', 'vm-6'), 'csr.other-name');
    assert.equal(
      (await children()).some((child) => child.name === 'vm-6'),
      false,
    );
  });
  await t.test('a used token', async () => {
    const token = await create('vm-7');
    const first = await join(token.token, token.caPin);
    assert.equal(first.code, 0, first.stderr);
    refused(await join(token.token, token.caPin), 'token.used');
  });
  assert.deepEqual(
    (await children()).map((child) => child.name),
    ['vm-7'],
  );
});

test('joining twice in one place needs --force', async () => {
  await using parent = await startParent();
  await using directory = await TemporaryDirectory.make('joins');
  const create = () =>
    parent.json<CreatedToken>('token', 'create', '--child', 'vm-8', '--workloads', 'orders');
  const join = (token: CreatedToken, ...more: string[]) =>
    runCli(
      [
        ...['join', `https://127.0.0.1:${parent.joinPort}`, '--ca-pin', token.caPin],
        ...['--state-directory', directory.file('state'), '--address', '127.0.0.1:1', ...more],
      ],
      { input: token.token },
    );
  const first = await join(await create());
  assert.equal(first.code, 0, first.stderr);
  const token = await create();
  const refusal = await join(token);
  assert.equal(refusal.code, 1);
  assert.match(refusal.stderr, /--force/);
  const forced = await join(token, '--force');
  assert.equal(forced.code, 0, forced.stderr);
});

test('too many failed tries from one address are slowed down, with a code of its own', async () => {
  await using parent = await startParent();
  await using directory = await TemporaryDirectory.make('joins');
  const token = await parent.json<CreatedToken>(
    'token',
    'create',
    '--child',
    'vm-1',
    '--workloads',
    'orders',
  );
  const forged = token.token.slice(0, -4) + (token.token.endsWith('AAAA') ? 'BBBB' : 'AAAA');
  const codes: string[] = [];
  for (let attempt = 1; attempt <= 6; attempt++) {
    const result = await runCli(
      [
        ...['join', `https://127.0.0.1:${parent.joinPort}`, '--ca-pin', token.caPin],
        ...['--state-directory', directory.file(`state-${attempt}`)],
      ],
      { input: forged },
    );
    codes.push(/code: (\S+)/.exec(result.stderr)?.[1] ?? '');
  }
  assert.equal(codes[0], 'token.forged');
  assert.equal(codes.at(-1), 'join.too-many-failures');
});
