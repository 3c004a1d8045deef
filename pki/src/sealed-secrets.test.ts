import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openSecrets, sealSecrets } from './sealed-secrets.ts';
import { createToken } from './token.ts';

const { token } = createToken(0);

test('what is sealed with a token opens with it, and with no other', () => {
  const secrets = { 'prism-api-key': 'k – ✓', other: '' };
  const sealed = sealSecrets(secrets, token);
  assert.deepEqual(openSecrets(sealed, ` ${token}\n`), secrets);
  assert.ok(!Buffer.from(sealed, 'base64').includes('prism-api-key'));
  assert.throws(() => openSecrets(sealed, createToken(0).token), { code: 'token.sealed' });
});

test('changed or cut bytes never open', () => {
  const sealed = Buffer.from(sealSecrets({ name: 'value' }, token), 'base64');
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ flip;
      assert.throws(() => openSecrets(changed.toString('base64'), token), { code: 'token.sealed' });
      assert.throws(() => openSecrets(sealed.subarray(0, at).toString('base64'), token), {
        code: 'token.sealed',
      });
    }),
  );
});
