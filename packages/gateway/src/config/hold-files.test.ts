import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { type ConfigProblem, formatProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '../model/resolve-input.ts';
import { eventually } from '../testing/eventually.ts';
import type { DynamicDecoder } from './dynamic.ts';
import { FileProvider } from './file-provider.ts';
import { readFileProvider } from './read-files.ts';

const service = (...names: readonly string[]) =>
  `http:\n  services:\n${names.map((name) => `    ${name}: {loadBalancer: {}}\n`).join('')}`;
const pair = (cert: string, key: string) => `tls: {certificates: [{certFile: ${cert}, keyFile: ${key}}]}`;
const broken = 'http: {servces: {}}';

/** A listener that refuses services called `bad…`, and certificates that are not of their key. */
function mistakesIn({ config, at, files }: DynamicSource): readonly ConfigProblem[] {
  const paths = Object.keys(config.http?.services ?? {})
    .filter((name) => name.startsWith('bad'))
    .map((name) => ['http', 'services', name] as readonly (string | number)[]);
  for (const [index, { certFile, keyFile }] of (config.tls?.certificates ?? []).entries()) {
    if (files?.get(certFile) !== files?.get(keyFile)) paths.push(['tls', 'certificates', index]);
  }
  return paths.map((path) => ({ ...at!(path), path, message: 'refused' }));
}

describe('one bad file of a folder', () => {
  let folder: string;
  let provider: FileProvider;
  let sources: DynamicSource[];
  /** What was told: mistakes and who is held, a line each time. */
  let told: string[];
  const at = (name: string) => join(folder, name);
  const write = (name: string, text: string) => writeFile(at(name), text);
  const services = () => Object.keys(sources.at(-1)?.config.http?.services ?? {}).join();
  const until = (what: string, condition: () => boolean) =>
    eventually(condition, what).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${services()}; ${told.join(' | ')}`);
    });
  const untilServices = (...names: readonly string[]) =>
    until(`services ${names}`, () => services() === names.join());
  const untilTold = (line: string) => until(line, () => told.at(-1) === line);

  const start = async (check = mistakesIn) => {
    provider = new FileProvider({
      config: { directory: folder },
      clock: {
        ...systemClock,
        after(ms, fn) {
          const timer = setTimeout(fn, ms);
          return () => clearTimeout(timer);
        },
      },
      onChange(source) {
        const mistakes = check(source);
        if (mistakes.length === 0) sources.push(source);
        return mistakes;
      },
      onProblems(problems, held) {
        const files = problems.map(({ file }) => basename(file));
        const how = held.map(({ file, counts }) => `${basename(file)} ${counts ? 'counts' : 'out'}`);
        told.push(problems.length === 0 ? 'good' : `${[...new Set(files)]}: ${how.join(', ') || 'all held'}`);
      },
    });
    const first = await provider.start();
    if (first.source !== undefined && check(first.source).length === 0) {
      provider.took(first);
      sources.push(first.source);
    }
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ficus-hold-'));
    sources = [];
    told = [];
  });
  afterEach(async () => {
    provider.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [what, bad] of [
    ['that cannot be decoded', broken],
    ['that the listener refuses', service('bad')],
  ] as const) {
    it(`${what} counts as it was, and the others are taken up`, async () => {
      await write('a.yaml', service('a'));
      await write('b.yaml', service('b'));
      await start();
      await write('a.yaml', bad);
      await untilTold('a.yaml: a.yaml counts');
      assert.equal(sources.length, 1, 'what counts did not change');
      await write('b.yaml', service('b', 'b2'));
      await untilServices('a', 'b', 'b2');
      await untilTold('a.yaml: a.yaml counts');
      await write('a.yaml', service('a', 'a2'));
      await untilServices('a', 'a2', 'b', 'b2');
      assert.equal(told.at(-1), 'good');
      assert.equal(sources.length, 3);
    });
  }

  it('that is new is left out, and its removal is no mistake', async () => {
    await write('b.yaml', service('b'));
    await start();
    await write('a.yaml', service('bad'));
    await write('b.yaml', service('b2'));
    await write('t.toml', '');
    await untilServices('b2');
    await untilTold('t.toml,a.yaml: a.yaml out, t.toml out');
    await rm(at('a.yaml'));
    await rm(at('t.toml'));
    await untilTold('good');
    assert.equal(services(), 'b2');
  });

  it('is told once, however often it is written', async () => {
    await write('a.yaml', service('a'));
    await start();
    await write('a.yaml', broken);
    await untilTold('a.yaml: a.yaml counts');
    for (const name of ['b', 'c']) {
      await write('a.yaml', broken);
      await symlink(at('a.yaml'), at(`.${name}`));
    }
    await write('a.yaml', service('a'));
    await untilTold('good');
    assert.deepEqual(told, ['a.yaml: a.yaml counts', 'good']);
    assert.equal(sources.length, 1, 'mended to what it was');
  });

  it('holds no other bad file: each is held, whenever its mistakes show', async () => {
    for (const name of ['a', 'b', 'c']) await write(`${name}.yaml`, service(name));
    await start();
    provider.close();
    // All three in one reading: the listener sees b's mistake only once a is as it was.
    await start();
    sources.length = 0;
    await Promise.all([
      write('a.yaml', broken),
      write('b.yaml', service('bad')),
      write('c.yaml', service('c2')),
    ]);
    await untilServices('a', 'b', 'c2');
    await untilTold('a.yaml,b.yaml: a.yaml counts, b.yaml counts');
  });

  it('holds everything when what it was does not go with the others', async () => {
    const together = (source: DynamicSource): readonly ConfigProblem[] => {
      const { a, b } = source.config.http?.services ?? {};
      const path = ['http', 'services', 'a'];
      return a !== undefined && b === undefined ? [{ ...source.at!(path), path, message: 'a needs b' }] : [];
    };
    await write('a.yaml', service('a'));
    await write('b.yaml', service('b'));
    await start(together);
    await write('a.yaml', broken);
    await untilTold('a.yaml: a.yaml counts');
    await write('b.yaml', service('b2'));
    await untilTold('a.yaml: all held');
    assert.equal(services(), 'a,b');
    await write('a.yaml', service('c'));
    await untilServices('c', 'b2');
    assert.equal(told.at(-1), 'good');
  });

  it('that takes a name of another is the one at fault, wherever it stands in the order', async () => {
    await write('b.yaml', service('b'));
    await start();
    await write('a.yaml', service('b'));
    await untilTold('a.yaml: a.yaml out');
    await write('c.yaml', service('c'));
    await untilServices('b', 'c');
  });

  it('goes on following the certificates it named', async () => {
    await write('one.pem', '1');
    await write('two.pem', '1');
    await write('a.yaml', pair('one.pem', 'two.pem'));
    await start();
    await write('a.yaml', broken);
    await untilTold('a.yaml: a.yaml counts');
    await write('one.pem', '2');
    await write('two.pem', '2');
    await until('the certificate', () => sources.at(-1)?.files?.get(at('one.pem')) === '2');
    assert.equal(told.at(-1), 'a.yaml: a.yaml counts');
  });

  it('whose certificate is half renewed, or gone, has the one it had', async () => {
    await write('one.pem', '1');
    await write('two.pem', '1');
    await write('a.yaml', pair('one.pem', 'two.pem'));
    await start();
    await write('one.pem', '2');
    await untilTold('a.yaml: a.yaml counts');
    await write('b.yaml', service('b'));
    await untilServices('b');
    assert.equal(sources.at(-1)?.files?.get(at('one.pem')), '1');
    await rm(at('two.pem'));
    await write('b.yaml', service('b2'));
    await untilServices('b2');
    assert.equal(sources.at(-1)?.files?.get(at('two.pem')), '1');
    await write('two.pem', '2');
    await untilTold('good');
    assert.equal(sources.at(-1)?.files?.get(at('two.pem')), '2');
  });

  it('holds everything before the first reading that was wholly good', async () => {
    await write('a.yaml', broken);
    await write('b.yaml', service('b'));
    await start();
    await write('b.yaml', service('b2'));
    await untilTold('a.yaml: all held');
    assert.equal(sources.length, 0);
    await write('a.yaml', service('a'));
    await untilServices('a', 'b2');
  });

  it('is offered again when what it lacks may have come from elsewhere', async () => {
    let lacking = true;
    await write('a.yaml', service('a'));
    await start((source) => (lacking ? mistakesIn(source) : []));
    await write('a.yaml', service('bad'));
    await untilTold('a.yaml: a.yaml counts');
    lacking = false;
    provider.again();
    await untilServices('bad');
    assert.equal(told.at(-1), 'good');
  });

  it('that vanishes while the folder is read is gone; a link that leads nowhere is a mistake', async () => {
    await write('a.yaml', service('a'));
    await write('b.yaml', service('b'));
    await start();
    class Vanishing extends Map<string, DynamicDecoder> {
      override get(file: string): DynamicDecoder | undefined {
        rmSync(at('b.yaml'), { force: true });
        return super.get(file);
      }
    }
    const reading = await readFileProvider({ directory: folder }, new Vanishing());
    assert.deepEqual(reading.problems, []);
    assert.deepEqual(Object.keys(reading.source?.config.http?.services ?? {}), ['a']);
    await symlink(at('nothing'), at('c.yaml'));
    const lines = (await readFileProvider({ directory: folder })).problems.map(formatProblem);
    assert.deepEqual(lines, [`${at('c.yaml')}:1:1: cannot read it: no such file or folder`]);
  });
});
