import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import fc from 'fast-check';
import { watchIdentity } from './identity-watch.ts';
import { type LoadedIdentity, loadIdentity, type NodeIdentity, replaceIdentity } from './node-identity.ts';
import { decodeProfile } from './node-profile.ts';
import { makeCertificate, makeTestRoot } from './testing/certificates.ts';

const base = await mkdtemp(join(tmpdir(), 'ficus-node-'));
after(() => rm(base, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(base, `${++count}`);
const root = makeTestRoot();

function identity(bend: Parameters<typeof makeCertificate>[0] = {}): NodeIdentity {
  const { key, certificate } = makeCertificate({ issuer: root, ...bend });
  return {
    name: 'vm-1',
    role: 'child',
    trustDomain: 'mesh',
    joinUrl: 'https://parent:8443',
    parents: ['spiffe://mesh/parent/main'],
    key,
    certificate,
    roots: [root.certificate],
  };
}
const pairMatches = ({ certificate, key }: NodeIdentity) =>
  new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));

test('what is put in force is what is loaded, in private files', async () => {
  const directory = fresh();
  const first = { ...identity(), address: 'vm-1.example:9443' };
  const put = await replaceIdentity(directory, first);
  const { uri, facts, ...loaded } = await loadIdentity(directory, Date.now());
  assert.deepEqual(loaded, first);
  assert.equal(uri, 'spiffe://mesh/child/vm-1');
  assert.equal(facts.serial, put.facts.serial);
  const current = join(directory, 'current');
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  assert.equal((await stat(current)).mode & 0o777, 0o700);
  for (const name of ['identity.json', 'key.pem', 'certificate.pem', 'roots.pem'])
    assert.equal((await stat(join(current, name))).mode & 0o777, 0o600, name);
});

test('before the first join the error says what to run', async () => {
  await assert.rejects(loadIdentity(fresh()), { code: 'identity.missing', remedy: /ficus join/ });
});

test('an expired certificate is refused when asked, and readable otherwise', async () => {
  const directory = fresh();
  await replaceIdentity(directory, identity({ notAfter: Date.now() - 1000 }));
  await assert.rejects(loadIdentity(directory, Date.now()), { code: 'identity.expired' });
  assert.equal((await loadIdentity(directory)).name, 'vm-1');
});

test('a mismatched identity is never put in force', async () => {
  const directory = fresh();
  const good = await replaceIdentity(directory, identity());
  const wrong: Partial<NodeIdentity>[] = [
    { key: identity().key },
    { key: 'x' },
    { certificate: '' },
    { roots: [] },
    { name: 'vm-2' },
    { role: 'parent' },
    { trustDomain: 'other' },
    { parents: ['spiffe://mesh/child/vm-2'] },
  ];
  for (const part of wrong)
    await assert.rejects(replaceIdentity(directory, { ...identity(), ...part }), { code: 'identity.broken' });
  assert.equal((await loadIdentity(directory)).facts.serial, good.facts.serial);
});

test('a replacement broken off after any step leaves the old identity whole, and the next one cleans up', async () => {
  const directory = fresh();
  const old = await replaceIdentity(directory, identity());
  const next = identity();
  const name = 'identity-00000000000000ff';
  const path = join(directory, name);
  // The steps of replaceIdentity, one by one, with a load after each as a restart would do.
  const steps: (() => Promise<unknown>)[] = [
    () => mkdir(path, { mode: 0o700 }),
    () => writeFile(join(path, 'identity.json'), '{"na', { mode: 0o600 }),
    () => writeFile(join(path, 'key.pem'), next.key, { mode: 0o600 }),
    () => writeFile(join(path, 'certificate.pem'), next.certificate.slice(0, 40), { mode: 0o600 }),
    () => writeFile(join(path, 'roots.pem'), root.certificate, { mode: 0o600 }),
    () => symlink(name, join(directory, `.current.${name}`)),
  ];
  for (const step of steps) {
    await step();
    const loaded = await loadIdentity(directory);
    assert.equal(loaded.facts.serial, old.facts.serial);
    assert.ok(pairMatches(loaded));
  }
  await utimes(path, 0, 0);
  const after = await replaceIdentity(directory, next);
  const names = await readdir(directory);
  assert.ok(!names.includes(name), 'the leftover is gone');
  assert.equal((await loadIdentity(directory)).facts.serial, after.facts.serial);
});

test('readers during replacements always see a matching pair', async () => {
  const directory = fresh();
  await replaceIdentity(directory, identity());
  let writing = true;
  const writer = (async () => {
    for (let i = 0; i < 25; i++) await replaceIdentity(directory, identity());
    writing = false;
  })();
  let reads = 0;
  while (writing) {
    assert.ok(pairMatches(await loadIdentity(directory)));
    reads++;
  }
  await writer;
  assert.ok(reads > 5);
});

test('damage and open permissions are told apart', async () => {
  const spoil: [(directory: string) => Promise<unknown>, string][] = [
    [(d) => chmod(d, 0o755), 'files.too-open'],
    [(d) => chmod(join(d, 'current', 'key.pem'), 0o644), 'files.too-open'],
    [(d) => writeFile(join(d, 'current', 'key.pem'), identity().key), 'identity.broken'],
    [(d) => writeFile(join(d, 'current', 'certificate.pem'), 'x'), 'identity.broken'],
    [(d) => writeFile(join(d, 'current', 'roots.pem'), ''), 'identity.broken'],
    [(d) => writeFile(join(d, 'current', 'identity.json'), '[]'), 'identity.broken'],
    [(d) => unlink(join(d, 'current', 'roots.pem')), 'identity.broken'],
    [(d) => unlink(join(d, 'current')).then(() => symlink('/etc', join(d, 'current'))), 'identity.broken'],
    [(d) => unlink(join(d, 'current')).then(() => mkdir(join(d, 'current'))), 'files.unusable'],
  ];
  for (const [change, code] of spoil) {
    const directory = fresh();
    await replaceIdentity(directory, identity());
    await change(directory);
    await assert.rejects(loadIdentity(directory), (error: Error & { code?: string; remedy?: string }) => {
      assert.equal(error.code, code, String(change));
      assert.ok(error.remedy);
      return !error.message.includes('PRIVATE');
    });
  }
});

test('a watcher gets each identity put in force, a broken one is an error told once, and it can be stopped', async () => {
  const directory = fresh();
  await replaceIdentity(directory, identity());
  const heard: string[] = [];
  let wake = () => {};
  const hear = (what: string) => {
    heard.push(what);
    wake();
  };
  const until = async (what: string) => {
    while (heard.at(-1) !== what) await new Promise<void>((resolve) => (wake = resolve));
  };
  // The watcher keeps no process alive, and this test has nothing else to wait for.
  const alive = setInterval(() => {}, 60_000);
  const stop = await watchIdentity(directory, (loaded) => hear(loaded.facts.serial), {
    onError: (error) => hear(error.code),
  });
  for (let i = 0; i < 3; i++) await until((await replaceIdentity(directory, identity())).facts.serial);
  await symlink('identity-0000000000000000', join(directory, 'link'));
  await rename(join(directory, 'link'), join(directory, 'current'));
  await until('identity.broken');
  const { facts } = await replaceIdentity(directory, identity());
  await until(facts.serial);
  assert.equal(heard.length, 5, heard.join(' '));
  stop();
  clearInterval(alive);
});

test('an identity that the node could not take is told and offered again', async () => {
  const directory = fresh();
  await replaceIdentity(directory, identity());
  const polls: (() => void)[] = [];
  const after = (_: number, poll: () => void) => {
    polls.push(poll);
    return () => {};
  };
  const alive = setInterval(() => {}, 60_000);
  const told = Promise.withResolvers<string>();
  const taken = Promise.withResolvers<string>();
  let failing = true;
  const onChange = async (next: LoadedIdentity) => {
    if (failing) throw new FicusError('worker.silent', 'want an answer of a worker, found none');
    taken.resolve(next.facts.serial);
  };
  const stop = await watchIdentity(directory, onChange, {
    clock: { ...systemClock, after },
    onError: (error) => told.resolve(error.code),
  });
  const { facts } = await replaceIdentity(directory, identity());
  assert.equal(await told.promise, 'worker.silent');
  failing = false;
  polls.at(-1)?.();
  assert.equal(await taken.promise, facts.serial);
  stop();
  clearInterval(alive);
});

test('fuzz: any JSON is a profile or nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.equal(decodeProfile(text), undefined);
    }),
  );
});
