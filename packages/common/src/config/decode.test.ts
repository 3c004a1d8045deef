import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeYaml } from './decode.ts';
import { formatProblem } from './problem.ts';
import {
  boolean,
  duration,
  integer,
  list,
  named,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from './schema.ts';

const schema = object('A test.', {
  count: optional(integer('A count.', { minimum: 0, maximum: 9 })),
  wait: optional(duration('A wait.')),
  on: optional(boolean('On.')),
  kind: optional(oneOf('A kind.', ['small', 'large'], { notYet: ['huge'] })),
  items: optional(list('Items.', object('One.', { url: string('URL.', { format: 'http-url' }) }))),
  labels: optional(named('Labels.', 'label', string('A label.'))),
  section: optional(
    object('A section.', { a: optional(string('A.')) }, { allowEmpty: true, notYet: ['later'] }),
  ),
});

function decode(text: string) {
  return decodeYaml({ text, file: 'x.yaml', schema });
}
function problems(text: string): readonly string[] {
  const decoded = decode(text);
  return decoded.ok ? [] : decoded.problems.map(formatProblem);
}

describe('decoding', () => {
  it('gives values of the schema and durations in milliseconds', () => {
    const decoded = decode(
      'count: 3\nwait: 1m30s\nitems: [{url: http://a}]\nlabels: {a: 1, b: true, c: 0x10}\n',
    );
    assert.ok(decoded.ok);
    const value: Static<typeof schema> = decoded.value;
    assert.deepEqual(value, {
      count: 3,
      wait: 90_000,
      items: [{ url: 'http://a' }],
      labels: { a: '1', b: 'true', c: '0x10' },
    });
    assert.deepEqual(decoded.at(['items', 0, 'url']), { file: 'x.yaml', line: 3, column: 15 });
    assert.deepEqual(decoded.at(['items', 0, 'url'], 'key'), { file: 'x.yaml', line: 3, column: 10 });
    assert.deepEqual(decoded.at(['labels', 'nowhere']), { file: 'x.yaml', line: 4, column: 9 });
  });

  for (const [what, text, expected] of [
    ['an empty file', '', []],
    ['keys in another case', 'Count: 1\nITEMS: []', []],
    ['quoted numbers and booleans', 'count: "3"\non: "true"', []],
    ['empty sections', 'items:\nlabels:\nsection:', []],
    ['true for an empty section', 'section: true', []],
    ['choices in another case', 'kind: LARGE', []],
    ['an unknown key', 'cuont: 1', ['x.yaml:1:1: cuont: unknown key "cuont", did you mean "count"?']],
    [
      'an unknown key like no other',
      'section: {zzzzzz: 1}',
      ['x.yaml:1:11: section.zzzzzz: unknown key "zzzzzz", known here: a'],
    ],
    [
      'a key that is not supported yet',
      'section: {Later: 1}',
      ['x.yaml:1:11: section.Later: "later" is an option of Traefik that Ficus does not support yet'],
    ],
    ['a missing key', 'items:\n  - {}', ['x.yaml:2:5: items[0]: missing key "url"']],
    ['a number out of range', 'count: 10', ['x.yaml:1:8: count: want a whole number from 0 to 9, got 10']],
    ['a wrong type', 'count: {}', ['x.yaml:1:8: count: want a whole number from 0 to 9, got an object']],
    [
      'nothing where a number belongs',
      'count:',
      ['x.yaml:1:7: count: want a whole number from 0 to 9, got nothing'],
    ],
    [
      'an object that cannot be made text',
      'items: [{url: {toString: 1}}]',
      ['x.yaml:1:15: items[0].url: want http:// or https://, got an object'],
    ],
    ['a list as document', '[1]', ['x.yaml:1:1: want an object, got a list']],
    [
      'a wrong choice',
      'kind: smal',
      ['x.yaml:1:7: kind: want one of "small", "large", got "smal", did you mean "small"?'],
    ],
    ['two documents', 'count: 1\n---\ncount: 2', ['x.yaml:2:1: want one document, got a second after "---"']],
    ['tabs', 'section:\n\ta: 1', ['x.yaml:2:1: not valid YAML: tabs are not allowed as indentation']],
  ] as const) {
    it(`explains ${what}`, () => assert.deepEqual(problems(text), expected));
  }

  it('does not tell what follows from one slip of syntax', () => {
    const rest = Array.from({ length: 50 }, (_, i) => `  - { kind: a${i}, b: [c] }`).join('\n');
    const found = problems(`items:\n  - { url: /{status}.html }\n${rest}\n`);
    assert.equal(found.length, 4, found.join('\n'));
    assert.match(found[0] ?? '', /^x\.yaml:2:\d+: not valid YAML: /);
    assert.match(found[3] ?? '', /not valid YAML from here on \(\d+ more\): mend the first place first$/);
  });

  it('hides what may be a password', () => {
    const [problem] = problems('items: [{url: "ftp://me:secret@x"}]');
    assert.ok(problem !== undefined && !problem.includes('secret'), problem);
  });

  it('refuses files over 4 MiB', () => {
    assert.match(problems(`# ${'x'.repeat(4 * 1024 * 1024)}`)[0] ?? '', /at most 4 MiB, got 4\.0 MiB/);
  });

  it('refuses what unfolds or nests without end, soon', () => {
    const bomb = ['a0: &a0 [x]'];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [${`*a${i - 1},`.repeat(10)}]`);
    assert.match(problems(bomb.join('\n')).join('\n'), /aliases unfold into more than 20000 values/);
    assert.match(problems('labels: &l {a: *l}').join('\n'), /nested|unfold|no anchor/);
    assert.match(problems('['.repeat(100_000)).join('\n'), /nested too deep|nested more than/);
    assert.match(problems(`{labels: ${'{a: '.repeat(100)}`).join('\n'), /nested more than|not valid/);
    assert.match(problems(`items: [${'*a,'.repeat(6000)}]`).join('\n'), /anchors and aliases|alias/i);
  });

  it('never throws, whatever the bytes', () => {
    const piece = fc.constantFrom(
      ...[
        'count',
        ':',
        ' ',
        '\n',
        '- ',
        '{',
        '}',
        '[',
        ']',
        '&a',
        '*a',
        '<<',
        '"',
        "'",
        '|',
        '!!binary ',
        '---',
        '%',
        '#',
        '\t',
        '0',
        '__proto__',
        'url',
      ],
    );
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      fc.json(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const decoded = decode(text);
        if (decoded.ok) return;
        assert.ok(decoded.problems.length > 0);
        for (const { line, column, message } of decoded.problems) {
          assert.ok(line >= 1 && column >= 1 && message !== '');
          assert.doesNotMatch(
            message,
            /must (be equal|be (string|object|integer)|have required|match|NOT)/,
            'the words of Ajv',
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});
