import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { openDatabase, transaction } from './database.ts';
import { by, joinChildren, testClock, testDirectory, testStore } from './fixture.ts';
import { migrate, migrations } from './migrations.ts';
import { openStore } from './open-store.ts';

const directory = testDirectory();
after(() => rmSync(directory, { recursive: true, force: true }));
const clock = testClock();

test('files are private, whatever the umask', () => {
  const umask = process.umask(0);
  try {
    using t = testStore();
    joinChildren(t, 'vm-1');
    assert.equal(statSync(t.directory).mode & 0o777, 0o700);
    const files = readdirSync(t.directory);
    assert.ok(
      files.includes('parent.db') && files.includes('parent.db-wal') && files.includes('parent.db.lock'),
    );
    for (const file of files) assert.equal(statSync(join(t.directory, file)).mode & 0o777, 0o600, file);
  } finally {
    process.umask(umask);
  }
});

test('every commit is synced before it returns: WAL with synchronous=FULL', () => {
  const database = openDatabase(join(directory, 'pragma.db'));
  assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
  assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 });
  database.close();
});

test('an acknowledged change survives kill -9, and its lock does not outlive the process', async () => {
  const file = join(directory, 'killed', 'parent.db');
  const writer = fork(join(import.meta.dirname, 'kill-writer.fixture.ts'), [file], {
    execArgv: ['--conditions=source'],
    stdio: 'inherit',
  });
  let acknowledged = 0;
  writer.on('message', (weight) => {
    acknowledged = weight as number;
    if (weight === 25) writer.kill('SIGKILL');
  });
  const [, signal] = (await once(writer, 'exit')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  assert.ok(acknowledged >= 25);
  const store = openStore(file, { clock });
  const found = store.legs('orders')[0]?.weight ?? -1;
  // The writer may have committed one more whose message was never sent.
  assert.ok(
    found === acknowledged || found === acknowledged + 1,
    `acknowledged ${acknowledged}, found ${found}`,
  );
  assert.equal(store.verifyHistory(), 'verified');
  store.close();
});

test('a second parent on the same directory is refused and told who holds it', () => {
  using t = testStore();
  assert.throws(() => openStore(t.file, { clock }), {
    code: 'store.in-use',
    message: new RegExp(`process ${process.pid}`),
  });
  joinChildren(t, 'vm-1');
  assert.equal(t.reopen().children().length, 1);
});

test('a damaged, foreign or empty database is refused and left as it is', () => {
  using t = testStore();
  joinChildren(t, 'vm-1');
  t.store.close();
  const good = readFileSync(t.file);
  const flipped = Buffer.from(good);
  flipped.fill(0x5a, 4096, 3 * 4096);
  const damages = {
    garbage: Buffer.from('garbage'.repeat(1000)),
    empty: Buffer.alloc(0),
    flipped,
    half: good.subarray(0, 5000),
  };
  for (const [name, bytes] of Object.entries(damages)) {
    const file = join(directory, `${name}.db`);
    writeFileSync(file, bytes);
    assert.throws(() => openStore(file, { clock }), { code: 'store.corrupt', remedy: /backup/ }, name);
    assert.deepEqual(readFileSync(file), bytes, name);
    // The refusal holds no lock: whoever repairs the file can start at once.
    writeFileSync(file, good);
    const store = openStore(file, { clock });
    assert.equal(store.children().length, 1);
    store.close();
  }
  t.store = openStore(t.file, { clock });
});

test('a directory that cannot be written to is refused with what to do', () => {
  const blocked = join(directory, 'a-file');
  writeFileSync(blocked, '');
  assert.throws(() => openStore(join(blocked, 'parent.db'), { clock }), {
    code: /^store\.unwritable$/,
    remedy: /writable/,
  });
  const nowhere = '/proc/ficus/parent.db';
  assert.throws(() => openStore(nowhere, { clock }), { code: 'store.unwritable' });
  if (process.getuid?.() !== 0) return;
  const others = join(directory, 'of-root');
  mkdirSync(others, { mode: 0o755 });
  chmodSync(directory, 0o755);
  process.seteuid?.(65_534);
  try {
    assert.throws(() => openStore(join(others, 'parent.db'), { clock }), { code: 'store.unwritable' });
  } finally {
    process.seteuid?.(0);
  }
  assert.deepEqual(readdirSync(others), []);
});

test('a full or read-only disk refuses the change whole, and the next one works again', () => {
  const file = join(directory, 'full.db');
  const database = openDatabase(file);
  const insert = (bytes: number) =>
    transaction(database, file, () => {
      database.prepare(`INSERT INTO meta VALUES (?, 'small')`).run(`small-${bytes}`);
      database.prepare('INSERT INTO meta VALUES (?, ?)').run(`big-${bytes}`, 'x'.repeat(bytes));
    });
  const rows = () => database.prepare(`SELECT count(*) AS n FROM meta WHERE key LIKE '%-%'`).get()?.['n'];
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  database.exec(`PRAGMA max_page_count = ${pages + 2}`);
  assert.throws(() => insert(100_000), { code: 'store.full', status: 507 });
  assert.equal(rows(), 0);
  database.exec('PRAGMA query_only = ON');
  assert.throws(() => insert(10), { code: 'store.read-only', status: 503 });
  database.exec('PRAGMA query_only = OFF');
  insert(10);
  assert.equal(rows(), 2);
  database.close();
});

test('a later release’s schema is refused; an earlier one is copied, then brought forward whole', () => {
  const file = join(directory, 'versions.db');
  openDatabase(file).close();
  const database = new DatabaseSync(file);
  const steps = [...migrations, 'CREATE TABLE more (x) STRICT', 'ALTER TABLE meta ADD COLUMN note TEXT'];
  assert.throws(() => migrate(database, file, steps), /more/, 'a broken step');
  assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], migrations.length);
  steps[migrations.length] = 'CREATE TABLE more (x TEXT) STRICT';
  migrate(database, file, steps);
  assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], steps.length);
  database.close();
  const copy = `${file}.v${migrations.length}.bak`;
  assert.ok(existsSync(copy));
  assert.equal(statSync(copy).mode & 0o077, 0);
  assert.throws(() => openStore(file, { clock }), { code: 'store.newer', remedy: /newer release/ });
  const old = new DatabaseSync(copy, { readOnly: true });
  assert.equal(old.prepare('PRAGMA user_version').get()?.['user_version'], migrations.length);
  old.close();
});

test('a crash while the database is made leaves nothing that a later start takes for it', () => {
  const file = join(directory, 'draft.db');
  writeFileSync(`${file}.new`, 'half a database');
  const store = openStore(file, { clock });
  assert.deepEqual(store.children(), []);
  store.close();
  assert.ok(!existsSync(`${file}.new`));
  assert.throws(() => store.setModes('orders', { a: 'off' }, by));
});
