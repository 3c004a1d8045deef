import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FicusError } from '@ficus/common/errors.ts';
import fc from 'fast-check';
import { parse } from 'yaml';
import { renderTerraform } from './terraform.ts';
import { renderUserData, userDataLimit } from './user-data.ts';

interface CloudConfig {
  readonly write_files: { path: string; content: string; encoding?: string }[];
}
const file = (content: string) => ({ path: '/f', permissions: '0600', content });

/** Lines that YAML could take for something else. */
const line = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ maxLength: 40, unit: 'grapheme' }),
  fc.constantFrom(
    '---',
    '...',
    '  indented',
    '\ttab',
    '- x',
    '#cloud-config',
    'a: on',
    '%TAG',
    "'",
    '"',
    `${'$'}{x} %{y}`,
    '0600',
    ' ',
  ),
);

test('any file arrives as it was, in ASCII', () => {
  fc.assert(
    fc.property(fc.array(fc.array(line, { maxLength: 8 }), { minLength: 1, maxLength: 4 }), (files) => {
      const contents = files.map((lines) => lines.join('\n'));
      const text = renderUserData(contents.map(file), [['true']]);
      assert.match(text, /^#cloud-config\nwrite_files:\n[\t\n\x20-\x7e]*$/);
      for (const version of ['1.1', '1.2'] as const) {
        const { write_files } = parse(text, { version }) as CloudConfig;
        const arrived = write_files.map(({ content, encoding }) =>
          encoding === 'b64' ? Buffer.from(content, 'base64').toString('utf8') : content,
        );
        assert.deepEqual(
          arrived,
          contents.map((content) => Buffer.from(content).toString('utf8')),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('16 KiB and not a byte more', () => {
  const at = (length: number) => renderUserData([file('x'.repeat(length))], []);
  const room = userDataLimit - at(0).length;
  assert.equal(Buffer.byteLength(at(room + 2)), userDataLimit, 'without the quotes of the empty one');
  assert.throws(
    () => at(room + 3),
    (error: FicusError) =>
      error.code === 'cloud-init.too-large' && /this would be 16385: \/f /.test(error.message),
  );
});

test('no line of it ends the heredoc of Terraform', () => {
  const userData = '#cloud-config\na: |\n  FICUS_USER_DATA\n  FICUS_USER_DATA_2\n';
  const text = renderTerraform({ child: 'vm-1', userData, metaData: '{"uuid":"u","hostname":"vm-1"}' });
  assert.match(text, /base64encode\(<<FICUS_USER_DATA_3\n#cloud-config\n[\s\S]*\nFICUS_USER_DATA_3\n/);
});

test('in Terraform nothing of it is taken for a template', () => {
  const dollar = '$';
  const userData = `#cloud-config\na: ${dollar}{HOME} %{if} ${dollar}${dollar}{x}\n`;
  const text = renderTerraform({ child: 'vm-1', userData, metaData: '{"uuid":"u","hostname":"vm-1"}' });
  assert.match(text, /\na: \$\$\{HOME\} %%\{if\} \$\$\$\{x\}\nFICUS_USER_DATA\n/);
});
