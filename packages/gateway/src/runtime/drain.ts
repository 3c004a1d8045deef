/** The end of a process's data plane without a failed request (lame duck, then drain, then cut). */
import type { Engine } from './engine.ts';

const pollMs = 50;
/** A connection made just before the end may have its first request on the way: only a quiet one is closed. */
const quietMs = 1000;

/**
 * For `lameDuckMs` everything is still served, but every response says `Connection: close`, so that clients move before
 * anything closes. Then no new connections and idle ones closed; requests in flight get `graceMs`. Resolves with how
 * many were cut.
 */
export async function drain(
  engine: Engine,
  options: { readonly lameDuckMs: number; readonly graceMs: number },
): Promise<number> {
  engine.draining = true;
  engine.retireConnections();
  await pause(engine, options.lameDuckMs);
  engine.stopAccepting();
  // Those that came since, too: a watch that ends on a connection that said goodbye is asked again, not lost.
  engine.retireConnections();
  engine.documents.endWatches();
  const deadline = engine.clock.monotonic() + options.graceMs;
  engine.closeIdle(quietMs);
  while (engine.connections > 0 && engine.clock.monotonic() < deadline) {
    await pause(engine, pollMs);
    engine.closeIdle(quietMs);
  }
  const cut = engine.close();
  // What was cut is logged when its sockets have closed, a turn of the event loop later.
  for (let turn = 0; engine.accessLog !== undefined && turn < 3; turn++) await new Promise(setImmediate);
  await engine.accessLog?.close();
  return cut;
}

function pause(engine: Engine, ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => engine.clock.after(ms, resolve));
}
