import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withPlainRequire } from './source-seams.ts';

test('what is loaded by name is required by its path', () => {
  const source = `import { loader } from '@ficus/common/load.ts';
const load = loader(import.meta.url);
const a = load<typeof import('./a.ts')>('a').make();
const b = new (load<typeof import('../b/c.ts')>(
  '../b/c',
).B)();
`;
  assert.equal(
    withPlainRequire(source, 'x.ts'),
    `import { loader } from '@ficus/common/load.ts';
const a = require('./a.ts').make();
const b = new (require('../b/c.ts').B)();
`,
  );
});

test('a require of its own gives way to the bundler’s', () => {
  const source = `const require = createRequire(import.meta.url);\nrequire('re2js');\n`;
  assert.equal(withPlainRequire(source, 'x.ts'), `require('re2js');\n`);
});

test('what it does not understand is refused, with the file', () => {
  const head = 'const load = loader(import.meta.url);\n';
  assert.throws(() => withPlainRequire(`${head}load(name)`, 'x.ts'), /x\.ts: .*another use of load/);
  assert.throws(
    () => withPlainRequire(`${head}load<typeof import('./a.ts')>('b')`, 'x.ts'),
    /x\.ts: .*another module than its type says/,
  );
  assert.throws(() => withPlainRequire('const get = loader(import.meta.url);', 'x.ts'), /x\.ts: want a line/);
});

test('a file that looks beside itself is refused: inside the executable there is nothing', () => {
  const source = "const text = readFileSync(new URL('./x.txt', import.meta.url));\n";
  assert.throws(() => withPlainRequire(source, 'packages/cli/src/x.ts'), /x\.ts: inside the executable/);
  assert.throws(() => withPlainRequire('import.meta.dirname', 'x.ts'), /x\.ts: inside the executable/);
  assert.equal(withPlainRequire(source, '/srv/packages/common/src/version.ts'), source);
  const helper = "// beside import.meta.url\nconst start = helperEntry('enrol', import.meta.url);\n";
  assert.equal(withPlainRequire(helper, 'x.ts'), helper);
});
