/** For tests: the admin API on real sockets, with a real store and a runtime that notes what it is told. */
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { UplinkStatus } from '@ficus/common/api/admin.ts';
import { viewOf } from '@ficus/gateway/explain/testing.ts';
import { mirrorStatus } from '../runtime/mirror-status.ts';
import type { ParentRuntime } from '../runtime-port.ts';
import { joinChildren, type TestStore, testStore } from '../store/fixture.ts';
import type { Store } from '../store/store.ts';
import { copies } from '../testing/mirror-stats.ts';
import { type AdminApi, startAdmin } from './start-admin.ts';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: unknown;
}
type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

export interface TestAdmin extends AsyncDisposable {
  readonly t: TestStore;
  readonly api: AdminApi;
  readonly socketPath: string;
  readonly token: string;
  /** What the runtime was told. */
  readonly told: string[];
  readonly socket: Call;
  readonly tcp: Call;
}

/** What serves, for routes that show it. */
const testView = viewOf(`
http:
  routers:
    all: {rule: "PathPrefix(\`/\`)", service: monolith, middlewares: [key]}
    bad: {rule: "Path(\`/x\`)", service: nobody}
  middlewares:
    key: {headers: {customRequestHeaders: {X-Api-Key: hunter2}}}
  services:
    monolith: {loadBalancer: {servers: [{url: "http://10.0.0.1:8080"}]}}
`);

/** A runtime with one uplink, `orders`, whose weights are the store's. */
export function testRuntime(t: TestStore, told: string[]): ParentRuntime {
  const uplinks = async (): Promise<UplinkStatus[]> => [
    {
      name: 'orders',
      legs: ['vm-1', 'cluster-1'].map((child) => {
        const decided = t.store.legs('orders').find((leg) => leg.child === child);
        return {
          child,
          weight: decided?.weight ?? 1,
          weightFrom: decided?.weight === undefined ? ('child' as const) : ('operator' as const),
          mode: decided?.mode ?? 'active',
          ...(decided?.sessionsUntil === undefined
            ? {}
            : { sessionsUntil: new Date(decided.sessionsUntil).toISOString() }),
          health: 'up' as const,
          endpoints: { healthy: 1, total: 1 },
          requests: 0,
          failures: 0,
        };
      }),
    },
  ];
  return {
    uplinks,
    children: async () => [],
    mirrors: async () => mirrorStatus([copies]),
    running: async () => ({
      view: testView,
      features: { accessLog: false, mesh: true, file: true },
      version: '0',
      startedAt: '2026-01-01T00:00:00.000Z',
    }),
    metrics: async () => 'ficus_up 1\n',
    status: async () => ({
      name: 'main',
      version: '0',
      startedAt: '2026-01-01T00:00:00.000Z',
      workers: [],
      configuration: { revision: 1, loadedAt: '2026-01-01T00:00:00.000Z' },
      disabled: [],
      children: [],
      uplinks: await uplinks(),
      problems: [],
    }),
    async legsChanged(uplink) {
      told.push(`legs ${uplink} ${JSON.stringify(t.store.legs(uplink))}`);
      return true;
    },
    childJoined: (name) => void told.push(`joined ${name}`),
    joinRefused: ({ code }) => void told.push(`join refused: ${code}`),
    childRevoked: async (name) => void told.push(`revoked ${name}`),
    certificateRevoked: async (child, serial) => void told.push(`certificate ${child} ${serial}`),
  };
}

export async function testAdmin(): Promise<TestAdmin> {
  const t = testStore();
  joinChildren(t, 'vm-1', 'cluster-1');
  const told: string[] = [];
  const socketPath = join(t.directory, 'admin.sock');
  const api = await startAdmin({
    // Whatever store `t` has at that moment, so that tests can put another in its place.
    store: new Proxy({} as Store, { get: (_none, key) => Reflect.get(t.store, key) }),
    runtime: testRuntime(t, told),
    authority: { trustDomain: 'ficus.test', roots: ['root'], pin: 'sha256:00' },
    joinUrl: 'https://parent:8443',
    joinNames: ['parent', 'localhost', '127.0.0.1'],
    install: () => ({ problem: { code: 'install.none', message: 'no bundle', remedy: 'make one' } }),
    socketPath,
    tcpAddress: '127.0.0.1:0',
    stateDirectory: t.directory,
    clock: t.clock,
    log: () => {},
  });
  const token = readFileSync(join(t.directory, 'admin-token'), 'utf8').trim();
  const { port = 0 } = api;
  return {
    t,
    api,
    socketPath,
    token,
    told,
    socket: (...call) => send({ socketPath }, ...call),
    tcp: (...call) => send({ host: '127.0.0.1', port }, ...call),
    async [Symbol.asyncDispose]() {
      await api.close();
      t[Symbol.dispose]();
    },
  };
}

function send(
  where: object,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const request = httpRequest(
    { ...where, method, path, headers: { ...type, ...headers }, agent: false },
    (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        answer += chunk;
      });
      response.on('end', () => {
        const isJson = /json/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: isJson ? (JSON.parse(answer) as unknown) : answer,
        });
      });
    },
  );
  request.on('error', reject);
  request.end(body === undefined ? undefined : text);
  return promise;
}
