/** A way to a server that breaks in the middle of a download. */
import { connect, createServer, type Socket } from 'node:net';

/** Listens on a free port and passes all on to `to`; breaks once, when so many bytes have come from there in one connection. */
export async function cuttingWay(to: number, afterBytes: number) {
  const way = { cuts: 0, passed: 0 };
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
    }
    let here = 0;
    far.on('data', (bytes) => {
      way.passed += bytes.length;
      here += bytes.length;
      if (way.cuts > 0 || here < afterBytes) return;
      way.cuts++;
      // With an end, not a reset: what has come so far is kept.
      near.end();
      far.destroy();
    });
    far.pipe(near, { end: false }).on('close', () => far.destroy());
    far.on('end', () => near.end());
    near.pipe(far);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(way, {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
