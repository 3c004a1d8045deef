/** gRPC calls on two legs: what ends gracefully loses no call; what is killed loses at most those it had. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { eventually, type ParentProcess, startChild, startParent } from '../harness/harness.ts';
import { type EchoClient, echoClient, startEcho } from './grpc-echo.ts';

const lanes = 32;
const healthCheck = { mode: 'grpc', interval: '100ms', timeout: '1s' };

/** Unary calls without pause until it is stopped. */
class Calls {
  ok = 0;
  /** Codes of failed calls since `take`. */
  #failed: string[] = [];
  #stopping = false;
  readonly #lanes: Promise<void>[];

  constructor(client: EchoClient) {
    this.#lanes = Array.from({ length: lanes }, async () => {
      while (!this.#stopping) {
        const { error } = await client.unary('call');
        if (error === undefined) this.ok++;
        else this.#failed.push(`${error.code} ${error.details}`);
      }
    });
  }

  /** Resolves after so many more good answers. */
  async more(calls: number): Promise<void> {
    const goal = this.ok + calls;
    await eventually(() => this.ok >= goal, 20_000, `${calls} more calls`);
  }

  take(): string[] {
    return this.#failed.splice(0);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#lanes);
  }
}

function onlyThoseInFlight(failed: readonly string[]): void {
  for (const why of failed) assert.match(why, new RegExp(`^${status.UNAVAILABLE} .*\\(endpoint\\.`));
  assert.ok(failed.length <= lanes, `${failed.length} failed`);
}

async function rolled(parent: ParentProcess): Promise<void> {
  const before = await parent.workers();
  parent.kill('SIGHUP');
  await eventually(
    async () => {
      const now = await parent.workers();
      return now.length === before.length && now.every((pid) => !before.includes(pid));
    },
    30_000,
    'new workers',
  );
}

test('an endpoint ends, a child restarts, workers roll, a child is killed', async () => {
  await using one = await startEcho();
  await using two = await startEcho();
  const routers = { app: { rule: 'PathPrefix(`/`)', service: 'app@multicluster' } };
  await using parent = await startParent({ workers: 1, dynamic: { http: { routers } } });
  const child = (name: string, url: string) =>
    startChild({ parent, name, workloads: { app: { url, healthCheck } } });
  await using _ = await child('vm-1', one.url);
  await using second = await child('vm-2', two.url);
  await parent.leg('app', 'vm-1');
  await parent.leg('app', 'vm-2');
  using client = echoClient(parent.port);
  const calls = new Calls(client);
  try {
    await calls.more(300);
    assert.deepEqual(calls.take(), []);

    await one[Symbol.asyncDispose]();
    await calls.more(500);
    onlyThoseInFlight(calls.take());
    await using _again = await startEcho({ port: one.port });
    await parent.leg('app', 'vm-1');

    await second.restart();
    await parent.leg('app', 'vm-2');
    await calls.more(300);
    assert.deepEqual(calls.take(), [], 'a child’s restart');

    await rolled(parent);
    await calls.more(300);
    assert.deepEqual(calls.take(), [], 'a roll of the workers');

    await second.crash();
    await calls.more(500);
    onlyThoseInFlight(calls.take());
  } finally {
    await calls.stop();
  }
});
