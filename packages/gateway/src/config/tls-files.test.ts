import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDynamic } from './dynamic.ts';
import { absoluteFiles, fileReferences } from './file-references.ts';
import { type DecodedFile, mergeFiles } from './merge-files.ts';

function decoded(file: string, text: string): DecodedFile {
  const result = decodeDynamic(text, file);
  assert.ok(result.ok);
  return { file, config: absoluteFiles(result.value, '/conf'), at: result.at };
}

const pem = '-----BEGIN CERTIFICATE-----';

test('every file that TLS names is made absolute and listed with its place', () => {
  const { config } = decoded(
    'a.yaml',
    `tls:
  certificates: [{ certFile: a.pem, keyFile: /keys/a.key }]
  stores: { default: { defaultCertificate: { certFile: d.pem, keyFile: '${pem}' } } }
  options: { mtls: { clientAuth: { caFiles: [one.pem, '${pem}', two.pem] } }, other: {} }
`,
  );
  assert.deepEqual(
    fileReferences(config).map(({ file, path }) => ({ file, path })),
    [
      { file: '/conf/a.pem', path: ['tls', 'certificates', 0, 'certFile'] },
      { file: '/keys/a.key', path: ['tls', 'certificates', 0, 'keyFile'] },
      { file: '/conf/d.pem', path: ['tls', 'stores', 'default', 'defaultCertificate', 'certFile'] },
      { file: '/conf/one.pem', path: ['tls', 'options', 'mtls', 'clientAuth', 'caFiles', 0] },
      { file: '/conf/two.pem', path: ['tls', 'options', 'mtls', 'clientAuth', 'caFiles', 2] },
    ],
  );
});

test('options and stores of several files are one configuration; a name in two is a mistake', () => {
  const files = [
    decoded(
      'a.yaml',
      'tls: { options: { a: { sniStrict: true } }, certificates: [{ certFile: a, keyFile: a }] }',
    ),
    decoded('b.yaml', 'tls:\n  options:\n    b: {}\n    a: {}\n  stores: { default: {} }'),
  ];
  const merged = mergeFiles(files);
  assert.deepEqual(merged.config.tls?.options, { a: { sniStrict: true }, b: {} });
  assert.deepEqual(merged.config.tls?.stores, { default: {} });
  assert.equal(merged.config.tls?.certificates?.length, 1);
  assert.deepEqual(
    merged.problems.map(({ file, line, message }) => [file, line, message]),
    [['b.yaml', 4, '"a" is also in a.yaml:1; keep one']],
  );
  assert.deepEqual(
    [merged.at(['tls', 'options', 'b']).file, merged.at(['tls', 'options', 'b']).line],
    ['b.yaml', 3],
  );
});
