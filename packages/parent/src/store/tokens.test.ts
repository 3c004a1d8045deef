import assert from 'node:assert/strict';
import { test } from 'node:test';
import { by, joinChildren, redemption, testStore, unusedToken } from './fixture.ts';

test('redeeming a token joins the child with what the token grants', () => {
  using t = testStore();
  const id = unusedToken(t.store, 'vm-1');
  assert.equal(t.store.token(id)?.state, 'unused');
  const { child, certificate } = t.store.redeemToken(redemption(t, id, 'key-a', 'A1'));
  assert.equal(certificate, 'certificate A1');
  assert.deepEqual(t.reopen().child('vm-1'), child);
  assert.deepEqual(
    { ...child, joinedAt: 0, notAfter: 0 },
    {
      name: 'vm-1',
      address: '10.0.0.1:9443',
      workloads: ['orders', 'billing-*'],
      serial: 'A1',
      joinedAt: 0,
      notAfter: 0,
    },
  );
  assert.equal(t.store.tokens()[0]?.state, 'used');
  assert.deepEqual(
    t.store.certificates().map(({ serial, child: of, state }) => ({ serial, of, state })),
    [{ serial: 'A1', of: 'vm-1', state: 'valid' }],
  );
  assert.equal(t.store.history({ limit: 1 })[0]?.action, 'child.join');
});

test('the same key gets the same certificate again, another key nothing', () => {
  using t = testStore();
  const id = unusedToken(t.store, 'vm-1');
  t.store.redeemToken(redemption(t, id, 'key-a', 'A1'));
  const entries = t.store.history({}).length;
  assert.equal(t.store.redeemToken(redemption(t, id, 'key-a', 'A2')).certificate, 'certificate A1');
  assert.throws(() => t.store.redeemToken(redemption(t, id, 'key-b', 'B1')), {
    code: 'token.used',
    status: 403,
  });
  assert.deepEqual(
    t.store.certificates().map((one) => one.serial),
    ['A1'],
  );
  assert.equal(t.store.history({}).length, entries, 'nothing changed, so nothing is written');
  t.clock.time += 900_000;
  assert.throws(() => t.store.redeemToken(redemption(t, id, 'key-a', 'A3')), { code: 'token.used' });
});

test('an unknown, expired or revoked token is refused with its own code and changes nothing', () => {
  using t = testStore();
  const expired = unusedToken(t.store, 'vm-1', 1000);
  const revoked = unusedToken(t.store, 'vm-1');
  t.store.revokeToken(revoked, by);
  t.clock.time += 1000;
  const entries = t.store.history({}).length;
  for (const [id, code] of [
    ['nothing', 'token.unknown'],
    [expired, 'token.expired'],
    [revoked, 'token.revoked'],
  ] as const) {
    assert.throws(() => t.store.redeemToken(redemption(t, id, 'k')), { code, status: 403 });
  }
  assert.deepEqual([t.store.children(), t.store.certificates()], [[], []]);
  assert.equal(t.store.history({}).length, entries);
  assert.deepEqual(
    t.store
      .tokens()
      .map((token) => token.state)
      .sort(),
    ['expired', 'revoked'],
  );
});

test('revoking a child revokes its certificates and tokens, so a replayed join gets nothing', () => {
  using t = testStore();
  const id = unusedToken(t.store, 'vm-1');
  t.store.redeemToken(redemption(t, id, 'key-a', 'A1'));
  const spare = unusedToken(t.store, 'vm-1');
  t.store.revokeChild('vm-1', by);
  assert.deepEqual(t.store.denied(), { children: new Set(['vm-1']), serials: new Set(['A1']) });
  for (const token of [id, spare]) {
    assert.throws(() => t.store.redeemToken(redemption(t, token, 'key-a')), { code: 'token.revoked' });
  }
  assert.throws(() => t.store.revokeChild('vm-1', by), { code: 'child.revoked', status: 409 });
  assert.throws(() => t.store.revokeChild('vm-9', by), { code: 'child.unknown', status: 404 });

  // A token made afterwards is the operator's word that it may come back; the old certificate may not.
  t.store.redeemToken(redemption(t, unusedToken(t.store, 'vm-1'), 'key-c', 'C1'));
  assert.deepEqual(t.store.denied(), { children: new Set(), serials: new Set(['A1']) });
  assert.equal(t.store.child('vm-1')?.revokedAt, undefined);
});

test('renewals are recorded, certificates can be revoked alone', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  const first = t.store.child('vm-1')!.serial;
  t.clock.time += 43_200_000;
  t.store.recordRenewal('vm-1', redemption(t, 'x', 'k', 'B2').certificate, by);
  assert.equal(t.store.child('vm-1')?.serial, 'B2');
  t.store.revokeCertificate(first, by);
  assert.deepEqual([...t.store.denied().serials], [first]);
  assert.throws(() => t.store.revokeCertificate(first, by), { code: 'certificate.revoked' });
  assert.throws(() => t.store.revokeCertificate('ff', by), { code: 'certificate.unknown', status: 404 });
  t.clock.time += 86_400_000;
  assert.deepEqual(
    t.store.certificates().map((one) => one.state),
    ['expired', 'revoked'],
  );
  t.store.revokeChild('vm-1', by);
  assert.throws(() => t.store.recordRenewal('vm-1', redemption(t, 'x', 'k', 'B3').certificate, by), {
    code: 'child.revoked',
  });
});

test('bad tokens are refused when they are made', () => {
  using t = testStore();
  const make = (token: object) => () =>
    t.store.createToken(
      { id: 'a', secretHash: 'h', child: 'vm-1', workloads: ['orders'], ttlMs: 1000, ...token },
      by,
    );
  for (const child of ['', 'VM', 'a b', '../x', '`', 'x'.repeat(64)])
    assert.throws(make({ child }), { code: 'child.invalid-name' });
  for (const workloads of [[], [''], ['a b'], ['"a"'], ['Orders'], Array(101).fill('a')])
    assert.throws(make({ workloads }), { code: 'workloads.invalid' });
  for (const ttlMs of [0, -1, 86_400_001, Number.NaN, 1.5])
    assert.throws(make({ ttlMs }), { code: 'token.ttl' });
  assert.deepEqual(t.store.tokens(), []);
  assert.throws(() => t.store.revokeToken('a', by), { code: 'token.unknown', status: 404 });
  make({ workloads: ['*', 'a*', '*-b', 'x.y'], ttlMs: 86_400_000 })();
  assert.equal(t.store.tokens()[0]?.expiresAt, '2026-01-02T00:00:00.000Z');
});
