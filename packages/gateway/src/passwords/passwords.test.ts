import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parsePasswordHash } from './password-hash.ts';
import { basicUsers, digestUsers, fileLines } from './users.ts';
import { verifyPassword } from './verify-password.ts';

const verifies = (password: string, hash: string): Promise<boolean> => {
  const parsed = parsePasswordHash(hash);
  assert.ok(typeof parsed !== 'string', String(parsed));
  return verifyPassword(Buffer.from(password), parsed);
};

/** Made by `openssl passwd`, by `htpasswd`, and from Traefik's documentation. */
const vectors: readonly (readonly [password: string, hash: string])[] = [
  ['', '$apr1$abcdefgh$L.PT565ESX4Tp2bqNs7Ie.'],
  ['', '$1$xy$JSgu5Zv4igzK2ULm5nTM30'],
  ['a', '$apr1$abcdefgh$G8IsPsylW5ROvIKsQMRG61'],
  ['a', '$1$xy$93sbPXpiY9Sa7GrWxhkre0'],
  ['secret', '$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/'],
  ['a longer password of more than sixteen bytes', '$apr1$abcdefgh$Bzx3dru/Wz5AFIeQ4D8sE/'],
  ['a longer password of more than sixteen bytes', '$1$xy$GL5yw5mAYhaIA9yDW8rTT/'],
  ['pässwörd', '$1$xy$OuBi1Evebz.vGBzQ6Oz4L.'],
  ['test', '$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/'],
  ['test', '{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='],
  ['secret', '$2y$10$WG/acUHUT.V8EqE9bpOEiO77119UvzZz99j9z8otnkpDnmsAS2Onu'],
];

describe('passwords', () => {
  for (const [password, hash] of vectors) {
    test(`${JSON.stringify(password)} fits ${hash}, another does not`, async () => {
      assert.equal(await verifies(password, hash), true);
      assert.equal(await verifies(`${password}x`, hash), false);
    });
  }

  test('bcrypt in all its spellings', async () => {
    const rest = '$10$WG/acUHUT.V8EqE9bpOEiO77119UvzZz99j9z8otnkpDnmsAS2Onu';
    for (const version of ['$2a', '$2b']) assert.equal(await verifies('secret', version + rest), true);
  });

  test('an endless password is none', async () => {
    const long = 'x'.repeat(1025);
    const { createHash } = await import('node:crypto');
    const hash = `{SHA}${createHash('sha1').update(long).digest('base64')}`;
    assert.equal(await verifies(long, hash), false);
  });

  const wrong: readonly (readonly [hash: string, told: RegExp])[] = [
    ['secret', /got a plain password or another kind$/],
    ['', /got a plain password/],
    ['$6$salt$hash', /SHA-512-crypt/],
    ['$5$salt$hash', /SHA-256-crypt/],
    ['$$2y$$10$$abc', /dollar signs are doubled/],
    ['$2y$10$abc', /cut short/],
    ['$apr1$abcdefghi$h9FWgUz3n9YxylKLlR5SQ/', /cut short or damaged/],
    ['$2y$31$WG/acUHUT.V8EqE9bpOEiO77119UvzZz99j9z8otnkpDnmsAS2Onu', /cost 4 to 16, got cost 31/],
    ['$argon2id$v=19$m=1', /Argon2/],
    ['{SSHA}abc', /another kind/],
  ];
  for (const [hash, told] of wrong) {
    test(`${JSON.stringify(hash)} is no hash, and is not shown`, () => {
      const message = parsePasswordHash(hash);
      assert.match(String(message), told);
      if (hash.length > 6) assert.equal(String(message).includes(hash), false);
    });
  }

  test('whatever is written, it is a hash or a message', () => {
    const piece = fc.constantFrom(
      '$',
      '2',
      'y',
      '10',
      '1',
      'apr1',
      '{SHA}',
      'abcdefghijklmnopqrstuv',
      ':',
      '=',
      '{',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const made = parsePasswordHash(pieces.join(''));
        assert.ok(typeof made === 'string' || made.text === pieces.join(''));
      }),
    );
  });
});

describe('users', () => {
  const sha = '{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=';
  const lines = (...all: string[]) => all.map((line, index) => ({ where: `users[${index}]`, line }));

  test('a file: comments, blank lines, a byte order mark, line ends of Windows', () => {
    const text = `\uFEFF# who\r\n\r\na:${sha}\r\n  b:${sha}\n`;
    assert.deepEqual(
      fileLines('/u', text).map(({ where, line }) => `${where} ${line}`),
      [`usersFile: /u:3 a:${sha}`, `usersFile: /u:4 b:${sha}`],
    );
  });

  test('later ones overrule earlier ones', () => {
    const users = basicUsers(lines(`a:${vectors[0]?.[1]}`, `a:${sha}`));
    assert.deepEqual(users, new Map([['a', sha]]));
  });

  test('what is no user', () => {
    assert.match(String(basicUsers(lines(`a:${sha}`, 'b'))), /^users\[1\]: want name:hash/);
    assert.match(String(basicUsers(lines(`a:b:${sha}`))), /^users\[0\]: want name:hash/);
    assert.match(String(basicUsers(lines(`:${sha}`))), /^users\[0\]: want name:hash/);
    assert.match(String(basicUsers(lines('a:secret'))), /^users\[0\]: user "a": want a hash/);
    assert.match(String(digestUsers(lines(`a:${sha}`), 'r')), /want name:realm:hash/);
    assert.match(String(digestUsers(lines('a:r:secret'), 'r')), /user "a": want the MD5/);
  });

  test('digest users of other realms may stand beside, not alone', () => {
    const ha1 = 'a2688e031edb4be6a3797f3882655c05';
    const two = lines(`a:r:${ha1.toUpperCase()}`, `b:other:${ha1}`);
    assert.deepEqual(digestUsers(two, 'r'), new Map([['a', ha1]]));
    assert.equal(digestUsers(two, 'x'), 'want users of the realm "x", got only users of "r", "other"');
    assert.deepEqual(digestUsers([], 'x'), new Map());
  });
});
