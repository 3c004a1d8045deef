import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeYaml } from './decode.ts';
import { Redecoder } from './redecode.ts';
import { integer, list, named, object, optional, string } from './schema.ts';

const router = object('A router.', {
  rule: string('Its rule.'),
  service: optional(string('Its service.')),
  middlewares: optional(list('Its middlewares.', string('One.'))),
  priority: optional(integer('Its priority.', { maximum: 99 })),
});
const schema = object('All.', {
  http: optional(
    object('HTTP.', {
      routers: optional(named('Routers.', 'router', router)),
      services: optional(named('Services.', 'service', object('One.', { url: optional(string('Where.')) }))),
    }),
  ),
  tls: optional(object('TLS.', { files: optional(list('Files.', string('One.'))) })),
});

const many = (count: number, rule: (i: number) => string) =>
  `# routers\nhttp:\n  routers:\n${Array.from({ length: count }, (_, i) => `    r${i}:\n      rule: ${rule(i)}\n      middlewares: [a, b]\n`).join('')}  services:\n    s:\n      url: x\n`;

function decoder() {
  return new Redecoder({ file: 'f.yaml', schema });
}

test('what did not change stays the same object, and every position is right', () => {
  const own = decoder();
  const first = own.decode(many(50, (i) => `/a${i}`));
  const text = many(50, (i) => (i === 20 ? '"/changed and longer"' : `/a${i}`));
  const second = own.decode(text);
  assert.ok(first.ok && second.ok);
  const [before, after] = [first.value.http?.routers, second.value.http?.routers];
  assert.equal(after?.['r20']?.rule, '/changed and longer');
  assert.equal(after?.['r19'], before?.['r19']);
  assert.equal(after?.['r49'], before?.['r49']);
  assert.equal(second.value.http?.services, first.value.http?.services);
  const whole = decodeYaml({ text, file: 'f.yaml', schema });
  assert.ok(whole.ok);
  assert.deepEqual(second.value, whole.value);
  for (const path of [
    ['http', 'routers', 'r20', 'rule'],
    ['http', 'routers', 'r21', 'middlewares', 1],
    ['http', 'services', 's'],
  ]) {
    for (const place of ['key', 'value'] as const)
      assert.deepEqual(second.at(path, place), whole.at(path, place));
  }
});

test('entries that come, go and get other names are pieces too', () => {
  const own = decoder();
  const first = own.decode(many(9, (i) => `/a${i}`));
  assert.ok(first.ok);
  const kept = first.value.http?.routers?.['r8'];
  const steps: readonly ((text: string) => string)[] = [
    (text) => text.replace('    r3:', '    new:\n      rule: /n\n    r3:'),
    (text) => text.replace('    r4:\n      rule: /a4\n      middlewares: [a, b]\n', ''),
    (text) => text.replace('    r5:', '    other: # why'),
    (text) => text.replace('rule: /a7', 'rule: |\n        /a7\n        b'),
  ];
  let text = many(9, (i) => `/a${i}`);
  for (const step of steps) {
    text = step(text);
    const next = own.decode(text);
    const whole = decodeYaml({ text, file: 'f.yaml', schema });
    assert.ok(next.ok && whole.ok);
    assert.deepEqual(next.value, whole.value);
    assert.equal(next.value.http?.routers?.['r8'], kept);
  }
});

const refused: readonly (readonly [what: string, change: (text: string) => string])[] = [
  ['a value of the wrong kind', (text) => text.replace('rule: /a3', 'rule: /a3\n      priority: 100')],
  ['a key that is there already', (text) => text.replace('    r3:', '    r7:')],
  ['an unknown key', (text) => text.replace('rule: /a3', 'rules: /a3')],
  ['an entry that is indented less', (text) => text.replace('    r3:', '   r3:')],
  ['a quote that stays open', (text) => text.replace('rule: /a3', 'rule: "/a3')],
  ['an alias to nowhere', (text) => text.replace('rule: /a3', 'rule: *x')],
];
for (const [what, change] of refused) {
  test(`${what} is told as when the whole is decoded, and the last good content is still known`, () => {
    const own = decoder();
    const good = many(9, (i) => `/a${i}`);
    own.decode(good);
    const text = change(good);
    const result = own.decode(text);
    assert.ok(!result.ok);
    assert.deepEqual(result, decodeYaml({ text, file: 'f.yaml', schema }));
    assert.ok(own.decode(good).ok);
  });
}

test('what the caller checks besides is told as when the whole is decoded', () => {
  const check: NonNullable<ConstructorParameters<typeof Redecoder<{ http?: unknown }>>[0]['check']> = (
    value,
    report,
  ) => {
    if (JSON.stringify(value).includes('bad')) report(['http', 'routers', 'r3', 'rule'], 'bad');
  };
  const own = new Redecoder({ file: 'f.yaml', schema, check: check as never });
  const good = many(9, (i) => `/a${i}`);
  own.decode(good);
  const text = good.replace('/a3', '/bad');
  assert.deepEqual(own.decode(text), decodeYaml({ text, file: 'f.yaml', schema, check: check as never }));
});

test('a large file is read in batches, and gives what it gives read whole', () => {
  const filler = 'x'.repeat(30);
  const good = `${many(100, (i) => `/${filler}${i}`)}    s2:\n      url: y\n# the end\ntls:\n  files: [a]\n`;
  const texts = [
    good,
    good.replaceAll('\n    r', '\n\n  # why\n    r'),
    good.replaceAll('\n', '\r\n'),
    good.replace('rule: /', 'rule: "/').replace('1\n', '1"\n'),
    good.replace('    r80:', '    "r80": # quoted'),
    good.replace(/rule: .*89\n/, 'rule: |\n        two\n        lines\n'),
    // Refused, or more than can be cut.
    good.replace('    r80:', '    r10:'),
    good.replace('    r80:', '   r80:'),
    good.replace('    r80:', '---\n    r80:'),
    good.replace('    r80:\n      rule: ', '    r80:\n      rule: "'),
    good.replace('    r80:\n      rule: ', '    r80: &a\n      rule: '),
    good.replace('    r80:\n      rule: ', '    r80:\n      ruel: '),
    good.replace('http:', 'HTTP:'),
    good.replace('  services:', '  routers:'),
  ];
  for (const [index, text] of texts.entries()) {
    const result = new Redecoder({ file: 'f.yaml', schema }, { large: 1000, batch: 900 }).decode(text);
    const whole = decodeYaml({ text, file: 'f.yaml', schema });
    if (!result.ok || !whole.ok) {
      assert.deepEqual(result, whole, `text ${index}`);
      continue;
    }
    assert.deepEqual(result.value, whole.value);
    for (const name of ['r0', 'r1', 'r50', 'r99']) {
      const path = ['http', 'routers', name, 'middlewares', 1];
      assert.deepEqual(result.at(path), whole.at(path));
    }
    for (const path of [
      ['http', 'services', 's2'],
      ['tls', 'files', 0],
    ]) {
      assert.deepEqual(result.at(path, 'key'), whole.at(path, 'key'));
    }
  }
});

/** Lines that mean much or little wherever they stand. */
const line = fc.constantFrom(
  '',
  '    # a comment',
  '# at the margin',
  '    r9:',
  '    "r8": ',
  '      rule: x',
  '      rule: "a',
  '        b"',
  '      rule: |',
  '        text: more',
  '   wrong:',
  '      middlewares:',
  '        - a',
  '        - {b: c}',
  '      middlewares: [a,',
  '        b]',
  '    r1: { rule: x, priority: 3 }',
  '    ? r2',
  '    : rule: x',
  '    r3: &anchor',
  '    r4: *anchor',
  '    <<: {}',
  '---',
  '...',
  '  services:',
  '    s: {}',
  'tls:',
  '  files: [a]',
  '\t',
  '    r5:\r',
  '    - x',
);
const edit = fc.record({ at: fc.nat(40), remove: fc.nat(3), lines: fc.array(line, { maxLength: 4 }) });

for (const [how, sizes] of [
  ['', undefined],
  [' in tiny batches', { large: 0, batch: 60 }],
] as const) {
  test(`after any edits it says what decoding the whole says${how}`, () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        let own = new Redecoder({ file: 'f.yaml', schema }, sizes);
        let text = many(6, (i) => `/a${i}`);
        own.decode(text);
        for (const { at, remove, lines } of edits) {
          const all = text.split('\n');
          all.splice(Math.min(at, all.length), remove, ...lines);
          const next = all.join('\n');
          // With batches, everything is read for the first time.
          if (sizes !== undefined) own = new Redecoder({ file: 'f.yaml', schema }, sizes);
          const result = own.decode(next);
          const whole = decodeYaml({ text: next, file: 'f.yaml', schema });
          assert.equal(result.ok, whole.ok);
          if (!result.ok || !whole.ok) {
            assert.deepEqual(result, whole);
            continue;
          }
          assert.deepEqual(result.value, whole.value);
          for (const [group, entries] of Object.entries(whole.value.http ?? {})) {
            for (const [name, entry] of Object.entries(entries)) {
              for (const path of [[], ...Object.keys(entry).map((key) => [key])]) {
                const full = ['http', group, name, ...path];
                for (const place of ['key', 'value'] as const) {
                  assert.deepEqual(result.at(full, place), whole.at(full, place));
                }
              }
            }
          }
          // Go on from what is good, so that many pieces come together.
          text = next;
        }
      }),
      { numRuns: 150 },
    );
  });
}
