/** The connection to Redis: made by the library, which is loaded only when a configuration wants it. */
import type { RedisModel } from '../model/middleware/rate-limit.ts';
import { takeToken } from './redis-script.ts';

/** What is needed of Redis. */
export interface RedisConnection {
  connect(): Promise<unknown>;
  /** Runs `takeToken`. */
  take(key: string, args: readonly string[]): Promise<string>;
  destroy(): void;
}

/** Not connected yet. `onError`: the connection is lost, or was never made. */
export async function openRedis(
  model: RedisModel,
  onError: (error: Error) => void,
): Promise<RedisConnection> {
  const { createClient, createCluster, defineScript } = await import('@redis/client');
  const take = defineScript({
    SCRIPT: takeToken,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key: string, args: readonly string[]) {
      parser.pushKey(key);
      parser.push(...args);
    },
    transformReply: (reply: unknown) => String(reply),
  });
  const { username, password, dialMs, tls, endpoints, db } = model;
  const credentials = {
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
  };
  const security =
    tls === undefined
      ? {}
      : {
          tls: true as const,
          rejectUnauthorized: !tls.insecureSkipVerify,
          ...(tls.roots.length > 0 && { ca: [...tls.roots] }),
          ...(tls.certificate && { cert: tls.certificate.cert, key: tls.certificate.key }),
        };
  const common = { ...credentials, disableOfflineQueue: true, RESP: 2 as const };
  if (endpoints.length > 1) {
    const cluster = createCluster({
      scripts: { take },
      RESP: 2,
      rootNodes: endpoints.map(({ host, port }) => ({ socket: { host, port } })),
      defaults: { ...common, socket: { connectTimeout: dialMs, ...security } },
    });
    // It looks after its nodes itself; what it can't do a command says.
    for (const event of ['error', 'node-error']) cluster.on(event, () => undefined);
    return {
      connect: () => cluster.connect(),
      take: (key, args) => cluster.take(key, args),
      destroy: () => cluster.destroy(),
    };
  }
  const { host, port } = endpoints[0] as RedisModel['endpoints'][number];
  const client = createClient({
    ...common,
    scripts: { take },
    database: db,
    socket: { host, port, connectTimeout: dialMs, reconnectStrategy: false, ...security },
  });
  client.on('error', onError);
  // A process that has nothing else to do may end.
  client.on('ready', () => client.unref());
  return {
    connect: () => client.connect(),
    take: (key, args) => client.take(key, args),
    destroy: () => client.destroy(),
  };
}
