import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FicusError } from '@ficus/common/errors.ts';
import fc from 'fast-check';
import { decodeManifest } from './manifest.ts';

const sum = 'a'.repeat(64);
const artefact = {
  ...{ arch: 'x64', file: 'ficus-linux-x64.gz', bytes: 10, sha256: sum },
  ...{ executableBytes: 20, executableSha256: sum },
};
const decode = (value: unknown) => decodeManifest(JSON.stringify(value), 'm.json');

test('a manifest is read, and members from later releases are left out', () => {
  const read = decode({ version: '0.1.0', artefacts: [{ ...artefact, later: 1 }], signature: 'x' });
  assert.deepEqual(read, { version: '0.1.0', artefacts: [artefact] });
  const file = { file: 'install.sh', bytes: 3, sha256: sum };
  assert.deepEqual(decode({ version: '1', artefacts: [artefact], files: [file] }).files, [file]);
});

test('what is wrong is named', () => {
  for (const [value, message] of [
    [[], 'm.json: want an object, found []'],
    [{ version: '1' }, 'm.json: artefacts: want a list of at most 4, found nothing'],
    [{ version: '1', artefacts: [] }, 'm.json: artefacts: want at least one executable, found none'],
    [{ version: 7, artefacts: [artefact] }, 'm.json: version: want a version such as 0.1.0, found 7'],
    [
      { version: '1', artefacts: [{ ...artefact, arch: 'mips' }] },
      'm.json: artefacts[0].arch: want x64 or arm64, found "mips"',
    ],
    [
      { version: '1', artefacts: [{ ...artefact, sha256: sum.toUpperCase() }] },
      `m.json: artefacts[0].sha256: want a SHA-256 sum of 64 hexadecimal digits, found "${'A'.repeat(64)}"`,
    ],
    [
      { version: '1', artefacts: [{ ...artefact, bytes: 1e12 }] },
      'm.json: artefacts[0].bytes: want a number of bytes from 1 to 536870912, found 1000000000000',
    ],
    [
      { version: '1', artefacts: [artefact, { ...artefact }] },
      'm.json: want each file once, found "ficus-linux-x64.gz" twice',
    ],
    [
      { version: '1', artefacts: [artefact, { ...artefact, file: 'other.gz' }] },
      'm.json: want one executable for x64, found two',
    ],
  ] as const) {
    assert.throws(
      () => decode(value),
      (error: FicusError) => error.code === 'install.bad-manifest' && error.message === message,
      message,
    );
  }
  for (const file of ['../parent.db', '/etc/shadow', 'a/b', '..', '.hidden', 'manifest.json', '', 'a\0b']) {
    assert.throws(
      () => decode({ version: '1', artefacts: [{ ...artefact, file }] }),
      /want a plain file name/,
      file,
    );
  }
  assert.throws(() => decodeManifest('{', 'm.json'), /want JSON/);
  assert.throws(() => decodeManifest(' '.repeat(20_000), 'm.json'), /at most 16384 bytes/);
});

test('whatever the bytes, it is a manifest of plain names or a problem with a remedy', () => {
  const members = fc.record(
    {
      arch: fc.constantFrom('x64', 'arm64', 'x'),
      file: fc.string(),
      bytes: fc.double(),
      sha256: fc.string(),
    },
    { requiredKeys: [] },
  );
  const documents = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ version: fc.string(), artefacts: fc.array(members), files: fc.array(members) })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(documents, (text) => {
      try {
        const { artefacts, files = [] } = decodeManifest(text, 'm.json');
        assert.ok([...artefacts, ...files].every(({ file }) => /^[A-Za-z0-9][\w.-]*$/.test(file)));
      } catch (error) {
        assert.equal((error as FicusError).code, 'install.bad-manifest');
        assert.ok((error as FicusError).remedy);
      }
    }),
  );
});
