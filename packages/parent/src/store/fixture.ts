/** For tests: a store in a directory of its own, and a child that has joined it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@ficus/common/clock.ts';
import { openStore } from './open-store.ts';
import type { Redemption, Store } from './store.ts';

export interface TestClock extends Clock {
  /** Milliseconds since the epoch; set it to move time. */
  time: number;
}

export interface TestStore extends Disposable {
  readonly directory: string;
  readonly file: string;
  readonly clock: TestClock;
  /** Of the moment; `reopen` replaces it. */
  store: Store;
  reopen(): Store;
}

export const by = { actor: 'test', reason: 'because' };

export function testClock(): TestClock {
  return {
    time: Date.parse('2026-01-01T00:00:00Z'),
    now() {
      return this.time;
    },
    monotonic() {
      return this.time;
    },
    after: () => () => {},
  };
}

export function testDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'ficus-store-'));
}

export function testStore(): TestStore {
  const directory = testDirectory();
  const file = join(directory, 'parent.db');
  const clock = testClock();
  return {
    directory,
    file,
    clock,
    store: openStore(file, { clock }),
    reopen() {
      this.store.close();
      this.store = openStore(file, { clock });
      return this.store;
    },
    [Symbol.dispose]() {
      this.store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

let tokens = 0;

/** An unused token for `child`; its id. */
export function unusedToken(store: Store, child: string, ttlMs = 900_000): string {
  tokens += 1;
  const id = `t${tokens}`;
  store.createToken(
    { id, secretHash: 'ab'.repeat(32), child, workloads: ['orders', 'billing-*'], ttlMs },
    by,
  );
  return id;
}

/** What the join API would hand in for `id` and a key. */
export function redemption(
  { clock }: TestStore,
  id: string,
  key: string,
  serial = `${key}-${id}`,
): Redemption {
  return {
    id,
    keyHash: key,
    certificate: {
      serial,
      pem: `certificate ${serial}`,
      uri: 'spiffe://ficus.test/child/x',
      notBefore: new Date(clock.now()).toISOString(),
      notAfter: new Date(clock.now() + 86_400_000).toISOString(),
    },
    address: '10.0.0.1:9443',
    actor: 'join:10.0.0.1',
  };
}

/** Joins `names` the way children do. */
export function joinChildren(test: TestStore, ...names: string[]): void {
  for (const name of names) {
    test.store.redeemToken(redemption(test, unusedToken(test.store, name), `key-${name}`));
  }
}
