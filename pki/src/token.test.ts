import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createToken, maxTokenTtlMs, parseToken, tokenMatches } from './token.ts';

test('a token round-trips, matches its own hash only, and expires when it says', () => {
  const made = createToken(1_000, 5_000);
  assert.equal(made.expiresAt, 6_000);
  const parsed = parseToken(`  ${made.token}\n`);
  assert.equal(parsed.id, made.id);
  assert.ok(tokenMatches(parsed, made.secretHash));
  assert.ok(!tokenMatches(parsed, createToken(0).secretHash));
  assert.ok(!tokenMatches(parsed, undefined));
  assert.ok(!tokenMatches(parsed, ''));
  const secret = made.token.split('.')[2] as string;
  assert.equal(made.secretHash, createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('hex'));
  assert.ok(!JSON.stringify(parsed).includes(secret), 'the secret is not kept');
});

test('tokens do not repeat and default to 15 minutes', () => {
  const tokens = Array.from({ length: 200 }, () => createToken(0));
  assert.equal(new Set(tokens.map(({ token }) => token)).size, 200);
  assert.equal(tokens[0]?.expiresAt, 900_000);
});

test('a life outside 1 ms to 24 h is refused', () => {
  for (const ttl of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, maxTokenTtlMs + 1])
    assert.throws(() => createToken(0, ttl), { code: 'token.ttl' });
  assert.equal(createToken(0, maxTokenTtlMs).expiresAt, maxTokenTtlMs);
});

test('anything but one spelling is malformed, and the message does not repeat it', () => {
  const { token, id } = createToken(0);
  const secret = token.slice(-43);
  // The last character carries two spare bits: the next letter decodes to the same bytes.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const respelled = secret.slice(0, -1) + alphabet[alphabet.indexOf(secret.slice(-1)) + 1];
  const wrong = [
    '',
    'v1',
    secret,
    token.slice(0, -1),
    `${token}A`,
    `${token}=`,
    token.replace('v1', 'v2'),
    token.replace('v1.', 'V1.'),
    `v1.${id.toUpperCase()}x.${secret}`,
    `v1.${id}.${respelled}`,
    `v1.${id}.${secret}.`,
    `v1.${id}\n.${secret}`,
    token.repeat(10_000),
  ];
  for (const text of wrong) {
    assert.throws(
      () => parseToken(text),
      (error: Error) =>
        'code' in error && error.code === 'token.malformed' && !error.message.includes(secret),
    );
  }
});

test('fuzz: parsing never throws anything else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^v1\.[0-9a-f]{15,17}\.[\w-]{42,44}$/)), (text) => {
      try {
        const { id, secretHash } = parseToken(text);
        assert.match(id, /^[0-9a-f]{16}$/);
        assert.match(secretHash, /^[0-9a-f]{64}$/);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'token.malformed');
      }
    }),
  );
});
