import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { type ConfigProblem, formatProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '../model/resolve-input.ts';
import { FileProvider } from './file-provider.ts';
import type { HeldFile } from './hold-files.ts';
import { type FileReading, readFileProvider } from './read-files.ts';
import type { FileProviderConfig } from './static.ts';

const service = (name: string, port = 1) =>
  `http:\n  services:\n    ${name}: {loadBalancer: {servers: [{url: "http://127.0.0.1:${port}"}]}}\n`;

/** Timers that keep the test's process alive while it waits. */
const clock: Clock = {
  ...systemClock,
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

/** What a provider reported, to be waited for. */
class Followed {
  readonly sources: DynamicSource[] = [];
  readonly problems: (readonly ConfigProblem[])[] = [];
  readonly held: (readonly HeldFile[])[] = [];
  readonly provider: FileProvider;
  /** As the listener judges. */
  check: (source: DynamicSource) => readonly ConfigProblem[] = () => [];
  #wake: () => void = () => {};

  constructor(config: FileProviderConfig, ticks = clock) {
    this.provider = new FileProvider({
      config,
      clock: ticks,
      onChange: (source) => {
        const mistakes = this.check(source);
        if (mistakes.length === 0) this.sources.push(source);
        this.#wake();
        return mistakes;
      },
      onProblems: (problems, held) => {
        this.problems.push(problems);
        this.held.push(held);
        this.#wake();
      },
    });
  }

  async start(): Promise<FileReading> {
    const first = await this.provider.start();
    this.provider.took(first);
    return first;
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 5000;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, left);
      await promise;
      clearTimeout(timer);
    }
  }

  services(): readonly string[] {
    return Object.keys(this.sources.at(-1)?.config.http?.services ?? {});
  }

  async untilServices(...names: readonly string[]): Promise<void> {
    await this.until(`services ${names}`, () => this.services().join() === names.join());
  }
}

describe('file provider', () => {
  let folder: string;
  let followed: Followed | undefined;
  const at = (...names: string[]) => join(folder, ...names);
  const follow = async (config: FileProviderConfig, ticks?: Clock) => {
    followed = new Followed(config, ticks);
    return { followed, first: await followed.start() };
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ficus-files-'));
  });
  afterEach(async () => {
    followed?.provider.close();
    followed = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  it('reads every file of a directory, merged, sorted, hidden ones left out', async () => {
    await mkdir(at('sub'));
    await writeFile(at('b.yaml'), service('b'));
    await writeFile(at('sub', 'a.yml'), service('a'));
    await writeFile(at('c.json'), '{"http": {"services": {"c": {"loadBalancer": {}}}}}');
    await writeFile(at('.b.yaml.swp'), 'not: valid');
    await writeFile(at('.hidden.yaml'), 'not: valid');
    await writeFile(at('notes.txt'), 'not: valid');
    const reading = await readFileProvider({ directory: folder });
    assert.deepEqual(reading.problems, []);
    assert.deepEqual(Object.keys(reading.source?.config.http?.services ?? {}).sort(), ['a', 'b', 'c']);
    const { file, line } = reading.source?.at?.(['http', 'services', 'a'], 'key') ?? {};
    assert.deepEqual([file, line], [at('sub', 'a.yml'), 3]);
  });

  it('names both files when a name is in two, and says what it cannot read', async () => {
    await writeFile(at('a.yaml'), service('same'));
    await writeFile(at('b.yaml'), `# second\n${service('same')}`);
    await writeFile(at('c.toml'), '[http]');
    await writeFile(at('d.yaml'), 'tls: {certificates: [{certFile: no.pem, keyFile: no.key}]}');
    const lines = (await readFileProvider({ directory: folder })).problems.map(formatProblem);
    assert.deepEqual(lines, [
      `${at('c.toml')}:1:1: TOML is not supported yet: write it as YAML, the keys are the same`,
      `${at('b.yaml')}:4:5: http.services.same: "same" is also in ${at('a.yaml')}:3; keep one`,
      `${at('d.yaml')}:1:33: tls.certificates[0].certFile: cannot read "${at('no.pem')}": no such file or folder`,
      `${at('d.yaml')}:1:50: tls.certificates[0].keyFile: cannot read "${at('no.key')}": no such file or folder`,
    ]);
    const missing = await readFileProvider({ filename: at('missing.yaml') });
    assert.match(
      formatProblem(missing.problems[0]!),
      /missing\.yaml:1:1: cannot read it: no such file or folder/,
    );
    assert.equal(missing.source, undefined);
  });

  it('sees writes and atomic renames without waiting for the poll', async () => {
    await writeFile(at('a.yaml'), service('one'));
    const pollless: Clock = { ...clock, after: (ms, fn) => (ms >= 1000 ? () => {} : clock.after(ms, fn)) };
    const { followed } = await follow({ filename: at('a.yaml') }, pollless);
    await writeFile(at('a.yaml'), service('two'));
    await followed.untilServices('two');
    await writeFile(at('a.yaml.tmp'), service('three'));
    await rename(at('a.yaml.tmp'), at('a.yaml'));
    await followed.untilServices('three');
    assert.equal(followed.sources.length, 2);
  });

  it("sees Kubernetes' swap of ..data", async () => {
    await mkdir(at('..2026_1'));
    await writeFile(at('..2026_1', 'routes.yaml'), service('one'));
    await symlink('..2026_1', at('..data'));
    await symlink(join('..data', 'routes.yaml'), at('routes.yaml'));
    const { followed, first } = await follow({ directory: folder });
    assert.deepEqual(Object.keys(first.source?.config.http?.services ?? {}), ['one']);
    await mkdir(at('..2026_2'));
    await writeFile(at('..2026_2', 'routes.yaml'), service('two'));
    await symlink('..2026_2', at('..data_tmp'));
    await rename(at('..data_tmp'), at('..data'));
    await rm(at('..2026_1'), { recursive: true });
    await followed.untilServices('two');
  });

  it('outlives the removal of its directory', async () => {
    const directory = at('conf');
    await mkdir(directory);
    await writeFile(join(directory, 'a.yaml'), service('one'));
    const { followed } = await follow({ directory });
    await rm(directory, { recursive: true });
    await followed.until('the problem', () => (followed.problems.at(-1)?.length ?? 0) > 0);
    assert.deepEqual(followed.sources, [], 'the last good content still counts');
    await mkdir(directory);
    await writeFile(join(directory, 'a.yaml'), service('two'));
    await followed.untilServices('two');
    await writeFile(join(directory, 'a.yaml'), service('three'));
    await followed.untilServices('three');
  });

  it('keeps the last good content while a file is bad, and says when it is mended', async () => {
    await writeFile(at('a.yaml'), service('one'));
    const { followed } = await follow({ directory: folder });
    await writeFile(at('a.yaml'), 'http: {servces: {}}');
    await followed.until('a problem', () => followed.problems.length === 1);
    assert.match(followed.problems[0]?.[0]?.message ?? '', /did you mean "services"/);
    await writeFile(at('a.yaml'), service('one'));
    await followed.until('the mending', () => followed.problems.length === 2);
    assert.deepEqual(followed.problems[1], []);
    assert.deepEqual(followed.sources, [], 'the content is what it was');
  });

  it('watches the certificates it names', async () => {
    await mkdir(at('tls'));
    await mkdir(at('conf'));
    await writeFile(at('tls', 'a.pem'), 'first');
    await writeFile(at('tls', 'a.key'), 'key');
    await writeFile(
      at('conf', 'a.yaml'),
      'tls: {certificates: [{certFile: ../tls/a.pem, keyFile: ../tls/a.key}]}',
    );
    const { followed, first } = await follow({ filename: at('conf', 'a.yaml') });
    assert.equal(first.source?.files?.get(at('tls', 'a.pem')), 'first');
    await writeFile(at('tls', 'a.pem'), 'second');
    await followed.until('the certificate', () => followed.sources.length === 1);
    assert.equal(followed.sources[0]?.files?.get(at('tls', 'a.pem')), 'second');
  });

  it('watches users files, and serves the rest where one is missing', async () => {
    await mkdir(at('conf'));
    await writeFile(at('conf', 'a.yaml'), 'http: {middlewares: {m: {basicAuth: {usersFile: ../users}}}}');
    const { followed, first } = await follow({ filename: at('conf', 'a.yaml') });
    assert.deepEqual(first.problems, []);
    assert.deepEqual([...(first.source?.unread ?? [])], [[at('users'), 'no such file or folder']]);
    await writeFile(at('users'), 'a:first');
    await followed.until('the users', () => followed.sources.length === 1);
    assert.equal(followed.sources[0]?.files?.get(at('users')), 'a:first');
    assert.equal(followed.sources[0]?.unread?.size, 0);
    await writeFile(at('users'), 'a:second');
    await followed.until('the other users', () => followed.sources.length === 2);
    assert.equal(followed.sources[1]?.files?.get(at('users')), 'a:second');
  });

  it('survives a listener that throws: tells it, and offers the content again', async () => {
    await writeFile(at('a.yaml'), service('one'));
    const taken: string[] = [];
    const told: (readonly ConfigProblem[])[] = [];
    let tries = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const provider = new FileProvider({
      config: { filename: at('a.yaml') },
      clock,
      onChange(source) {
        tries += 1;
        if (tries < 3) throw new Error('cannot be taken now');
        taken.push(...Object.keys(source.config.http?.services ?? {}));
        resolve();
        return [];
      },
      onProblems: (problems) => void told.push(problems),
    });
    try {
      await provider.start();
      await writeFile(at('a.yaml'), service('two'));
      await promise;
    } finally {
      provider.close();
    }
    assert.deepEqual(taken, ['two']);
    const lines = told.flat().map(formatProblem);
    assert.deepEqual(lines, [`${at('a.yaml')}:1:1: not taken up: cannot be taken now`], 'once');
    assert.deepEqual(told.at(-1), [], 'mended');
  });

  it('does not follow with watch: false', async () => {
    await writeFile(at('a.yaml'), service('one'));
    let timers = 0;
    const counting: Clock = {
      ...clock,
      after(ms, fn) {
        timers += 1;
        return clock.after(ms, fn);
      },
    };
    await follow({ filename: at('a.yaml'), watch: false }, counting);
    await writeFile(at('a.yaml'), service('two'));
    assert.equal(timers, 0);
  });
});
